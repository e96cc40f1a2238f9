//go:build engines

package engines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func init() { starters = append(starters, starter{"Trino", startTrino}) }

// trinoVersion is the version in trino/pom.xml.
const trinoVersion = "435"

// startTrino starts Trino with its Hive connector, which projects partitions as Athena
// does, over an S3 server in this process. The metastore is files in S3 too.
func startTrino(t *testing.T) (*engine, error) {
	lib, err := installed("trino", "lib")
	if err != nil {
		return nil, err
	}
	plugins, err := installed("trino", "plugin")
	if err != nil {
		return nil, err
	}
	s3 := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(s3.Close)
	dir := t.TempDir()
	address, err := trinoFiles(dir, plugins, s3.URL)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "trino.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), "java", "-Xmx2g", "-XX:TieredStopAtLevel=1", "-Djdk.attach.allowAttachSelf=true",
		"--add-opens=java.base/java.nio=ALL-UNNAMED", "-Duser.timezone=UTC", "-Dconfig="+filepath.Join(dir, "config.properties"),
		"-cp", filepath.Join(lib, "*"), "trino/StartTrino.java", trinoVersion)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = log.Close()
		showLog(t, log.Name())
	})
	if err := trinoReady(address, ended); err != nil {
		return nil, err
	}
	for _, bucket := range []string{"meta", "reports"} {
		if err := put(s3.URL+"/"+bucket, nil); err != nil {
			return nil, err
		}
	}
	t.Logf("Trino %s", trinoVersion)
	return &engine{
		name: "Trino", word: "trino", types: [4]string{"varchar", "bigint", "timestamp(3)", "double"}, reportsScanned: true,
		location: func(dir string) string {
			if err := upload(dir, s3.URL+"/reports/"+filepath.Base(dir)); err != nil {
				t.Fatal(err)
			}
			return "s3://reports/" + filepath.Base(dir)
		},
		query: func(sql string) (result, error) { return trinoQuery(address, sql) },
	}, nil
}

// trinoFiles writes the server's settings, and returns its address.
func trinoFiles(dir, plugins, s3 string) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // for an unused port
	if err != nil {
		return "", err
	}
	address = "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	if err := os.Mkdir(filepath.Join(dir, "catalog"), 0o777); err != nil {
		return "", err
	}
	server := "coordinator=true\nnode-scheduler.include-coordinator=true\nnode.environment=test\nnode.internal-address=127.0.0.1\n" +
		"http-server.http.port=" + port + "\ndiscovery.uri=" + address +
		"\ncatalog.config-dir=" + filepath.Join(dir, "catalog") + "\nplugin.dir=" + plugins + "\n"
	catalog := "connector.name=hive\nhive.metastore=file\nhive.metastore.catalog.dir=s3://meta/\nhive.partition-projection-enabled=true\n" +
		"fs.hadoop.enabled=false\nfs.native-s3.enabled=true\ns3.endpoint=" + s3 + "\ns3.region=us-east-1\n" +
		"s3.path-style-access=true\ns3.aws-access-key=AKIDEXAMPLE\ns3.aws-secret-key=secret\n"
	return address, errors.Join(
		os.WriteFile(filepath.Join(dir, "config.properties"), []byte(server), 0o666),
		os.WriteFile(filepath.Join(dir, "catalog", "hive.properties"), []byte(catalog), 0o666),
	)
}

// trinoReady waits until the server accepts queries.
func trinoReady(address string, ended <-chan struct{}) error {
	for range 300 {
		select {
		case <-ended:
			return errors.New("does not start: see the end of its log")
		case <-time.After(time.Second):
		}
		resp, err := http.Get(address + "/v1/info")
		if err != nil {
			continue
		}
		var info struct{ Starting bool }
		err = json.NewDecoder(resp.Body).Decode(&info)
		_ = resp.Body.Close()
		if err == nil && !info.Starting {
			return nil
		}
	}
	return errors.New("does not start within five minutes")
}

// trinoQuery runs a statement by Trino's protocol. Each answer contains the address of
// the next.
func trinoQuery(address, sql string) (r result, err error) {
	req, err := http.NewRequest(http.MethodPost, address+"/v1/statement", strings.NewReader(sql))
	for err == nil {
		for name, value := range map[string]string{
			"User": "test", "Catalog": "hive", "Time-Zone": "UTC", "Client-Capabilities": "PARAMETRIC_DATETIME"} {
			req.Header.Set("X-Trino-"+name, value)
		}
		var page trinoPage
		if err = page.read(req); err != nil {
			return r, err
		}
		page.addTo(&r)
		if page.NextURI == "" {
			return r, nil
		}
		req, err = http.NewRequest(http.MethodGet, page.NextURI, nil)
	}
	return r, err
}

// A trinoPage is one answer.
type trinoPage struct {
	NextURI string `json:"nextUri"`
	Columns []struct{ Name, Type string }
	Data    [][]any
	Error   *struct{ Message string }
	Stats   struct{ ProcessedRows int64 }
}

func (p *trinoPage) read(req *http.Request) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	in := json.NewDecoder(resp.Body)
	in.UseNumber()
	if err := in.Decode(p); err != nil {
		return err
	}
	if p.Error != nil {
		return errors.New(p.Error.Message)
	}
	return nil
}

func (p *trinoPage) addTo(r *result) {
	r.Scanned = p.Stats.ProcessedRows
	if len(r.Columns) == 0 {
		for _, c := range p.Columns {
			r.Columns, r.Types = append(r.Columns, c.Name), append(r.Types, c.Type)
		}
	}
	for _, values := range p.Data {
		row := make([]*string, len(values))
		for i, v := range values {
			row[i] = trinoText(v, r.Types[i])
		}
		r.Rows = append(r.Rows, row)
	}
}

// trinoText returns a value as text, or nil for NULL.
func trinoText(v any, typ string) *string {
	if v == nil {
		return nil
	}
	s := fmt.Sprint(v)
	switch {
	case typ == "double":
		f, _ := strconv.ParseFloat(s, 64)
		s = fmt.Sprintf("%.12g", f)
	case strings.HasPrefix(typ, "timestamp"):
		s = strings.Replace(s, " ", "T", 1)
	}
	return &s
}

// upload copies the files of a report to an address in S3.
func upload(dir, url string) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		return put(url+"/"+name, text)
	})
}

func put(url string, body []byte) error {
	req, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: HTTP status %d", url, resp.StatusCode)
	}
	return nil
}
