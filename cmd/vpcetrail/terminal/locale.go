package terminal

import (
	"cmp"
	"os"
	"strings"
)

// IsUTF8 reports whether the environment says that the terminal shows UTF-8.
func IsUTF8() bool {
	locale := strings.ToUpper(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	return strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8")
}
