package main

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// A release is what the image says about itself.
type release struct {
	version, commit string
	time            time.Time
}

// labels are names that the OCI image specification defines.
func (r *release) labels() map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "title": "vpcetrail", prefix + "licenses": "Apache-2.0", prefix + "version": r.version,
		prefix + "revision": r.commit, prefix + "created": r.time.Format(time.RFC3339),
	}
}

// image writes an OCI layout in a tar file. It has one image for each ARCHITECTURE=FILE, for Linux.
func image(out string, about *release, given []string) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arg := range given {
		architecture, path, _ := strings.Cut(arg, "=")
		program, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		img, err := imageOf(program, architecture, about)
		if err != nil {
			return err
		}
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	folder, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // scratch
	to, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	name := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": about.version})
	if err := to.AppendIndex(index, name); err != nil {
		return err
	}
	files, err := read(folder)
	if err != nil {
		return err
	}
	return create(out, func(w io.Writer) error { return writeTar(w, about.time, files) })
}

// imageOf returns the image for one architecture.
func imageOf(program []byte, architecture string, about *release) (v1.Image, error) {
	var content bytes.Buffer
	if err := writeTar(&content, about.time, contents(program)); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer),
		tarball.WithCompressionLevel(gzip.DefaultCompression), tarball.WithCompressedCaching)
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: about.time}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{
		OS: "linux", Architecture: architecture, Created: created, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{Entrypoint: []string{"/usr/bin/vpcetrail"}, User: "65532:65532", WorkingDir: "/", Env: []string{"PATH=/usr/bin"}, Labels: about.labels()},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{Created: created, CreatedBy: "vpcetrail " + about.version}})
}

// contents returns the files of the image: the program, the certificates of the authorities that
// Mozilla trusts, and a folder for temporary files.
func contents(program []byte) []file {
	folder := func(name string) file { return file{name: name, mode: fs.ModeDir | 0o755} }
	return []file{
		folder("etc/"), folder("etc/ssl/"), folder("etc/ssl/certs/"), {"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()},
		{name: "tmp/", mode: fs.ModeDir | fs.ModeSticky | 0o777},
		folder("usr/"), folder("usr/bin/"), {"usr/bin/vpcetrail", 0o755, program},
	}
}

// certificates leaves out authorities that are trusted with a condition, which a PEM file cannot say.
func certificates() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // to memory
		}
	}
	return text.Bytes()
}

// read returns everything in a folder.
func read(folder string) (files []file, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		f := file{name: filepath.ToSlash(name), mode: 0o644}
		if entry.IsDir() {
			f.name, f.mode = f.name+"/", fs.ModeDir|0o755
		} else if f.data, err = os.ReadFile(path); err != nil {
			return err
		}
		files = append(files, f)
		return err
	})
	return files, err
}
