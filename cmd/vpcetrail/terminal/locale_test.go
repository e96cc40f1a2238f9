package terminal

import "testing"

// The first of LC_ALL, LC_CTYPE and LANG that is set decides.
func TestIsUTF8(t *testing.T) {
	for _, tc := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false}, {"", "", "ja_JP.UTF-8", true}, {"", "", "ja_JP.utf8", true}, {"C", "", "ja_JP.UTF-8", false},
		{"", "ja_JP.eucJP", "ja_JP.UTF-8", false}, {"C.UTF-8", "C", "C", true},
	} {
		t.Setenv("LC_ALL", tc.all)
		t.Setenv("LC_CTYPE", tc.ctype)
		t.Setenv("LANG", tc.lang)
		if got := IsUTF8(); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}
