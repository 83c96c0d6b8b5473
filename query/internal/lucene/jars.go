package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const version = "9.12.0"

// jars are those of Lucene, with their SHA-256.
var jars = []struct{ name, sum string }{
	{"lucene-core", "6c7b774b75cd8f369e246f365a47caa54ae991cae6afa49c7f339e9921ca58a0"},
	{"lucene-analysis-common", "8c79d8741f711cc6d7501805b03f7b5f505805d09cab1beb95f0be24b6d27655"},
	{"lucene-queries", "3b4da6b1673e4edd141c7b86538cc61f6ff3386106f1f5e179c9fe2d30ea2fca"},
}

// copyGoal is the goal of Maven that copies an artifact into a directory.
const copyGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"

// classPath returns the jars in a directory as a class path. "" fetches them into dir.
func classPath(given, dir string) (string, error) {
	var paths []string
	for _, jar := range jars {
		file := jar.name + "-" + version + ".jar"
		path := filepath.Join(given, file)
		if given == "" {
			path = filepath.Join(dir, file)
			if err := fetch(jar.name, dir); err != nil {
				return "", err
			}
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(content)); sum != jar.sum {
			return "", fmt.Errorf("%s has the SHA-256 %s, not %s", file, sum, jar.sum)
		}
		paths = append(paths, path)
	}
	return strings.Join(paths, string(filepath.ListSeparator)), nil
}

func fetch(name, dir string) error {
	mvn := exec.Command("mvn", "--quiet", "--batch-mode", copyGoal,
		"-Dartifact=org.apache.lucene:"+name+":"+version, "-DoutputDirectory="+dir)
	mvn.Dir, mvn.Stdout, mvn.Stderr = dir, os.Stderr, os.Stderr
	if err := mvn.Run(); err != nil {
		return fmt.Errorf("fetch %s (needs Maven, or -jars with a directory that has the jars): %w", name, err)
	}
	return nil
}
