#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/vm/fetch-package against archives on loopback that have what ours once had not.

Each archive has three sections, signed by a key that is made here. What is served in them is
told apart by its first word, so that a test knows which section it was taken from.
"""
import functools
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.realpath(__file__))
FETCH = os.path.join(HERE, "../vm/fetch-package")
SECTIONS = ("main", "updates", "security")


class Tap:
    n = failed = 0

    def ok(self, good, what, why=""):
        self.n += 1
        print("%sok %d - %s" % ("" if good else "not ", self.n, what), flush=True)
        if not good:
            self.failed += 1
            print("\n".join("# " + line for line in str(why).splitlines()), flush=True)


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a directory. Of a name in cut, half is sent, though all was promised."""
    cut = set()

    def log_message(self, *args):
        pass

    def copyfile(self, source, outputfile):
        data = source.read()
        if os.path.basename(self.path) in self.cut:
            outputfile.write(data[:len(data) // 2])
            self.close_connection = True
            return
        outputfile.write(data)


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def sums(data):
    return hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest(), len(data)


class Archive:
    def __init__(self, top, home):
        self.top, self.home, self.held = top, home, {}
        self.server = None

    def add(self, section, version, package="thing"):
        """A source and a package of that version in @section: in its index and its pool."""
        self.held.setdefault(section, []).append((package, version))
        for name in self.files(package, version):
            put(self.pool(section, name), ("%s %s\n" % (section, name) * 200).encode())

    def files(self, package, version):
        up = version.rpartition("-")[0]
        return ["%s_%s.dsc" % (package, version), "%s_%s.orig.tar.gz" % (package, up),
                "%s_%s.debian.tar.xz" % (package, version), "%s_%s_all.deb" % (package, version)]

    def pool(self, section, name):
        return os.path.join(self.top, section, "pool", name)

    def stanzas(self, section):
        sources = packages = ""
        for package, version in self.held.get(section, ()):
            files = {n: sums(open(self.pool(section, n), "rb").read()) for n in self.files(package, version)}
            deb = files.pop("%s_%s_all.deb" % (package, version))
            sources += ("Package: %s\nBinary: %s\nVersion: %s\nFormat: 3.0 (quilt)\nDirectory: pool\n"
                        "Files:\n%s\nChecksums-Sha256:\n%s\n\n"
                        % (package, package, version,
                           "\n".join(" %s %d %s" % (m, size, n) for n, (m, _, size) in files.items()),
                           "\n".join(" %s %d %s" % (s, size, n) for n, (_, s, size) in files.items())))
            packages += ("Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
                         "Filename: pool/%s_%s_all.deb\nSize: %d\nSHA256: %s\nDescription: a thing\n\n"
                         % (package, version, package, version, deb[2], deb[1]))
        return {"main/source/Sources": sources.encode(), "main/binary-%s/Packages" % ARCH: packages.encode()}

    def publish(self, sign=True):
        """The index of each section, of what its pool has now."""
        for section in SECTIONS:
            dist = os.path.join(self.top, section, "dists/stable" if section == "main"
                                else "dists/stable-" + section)
            shutil.rmtree(dist, ignore_errors=True)
            lines = []
            for name, data in self.stanzas(section).items():
                put(os.path.join(dist, name), data)
                lines.append(" %s %d %s" % (sums(data)[1], len(data), name))
            release = ("Origin: Test\nSuite: stable\nCodename: stable\nArchitectures: %s\nComponents: main\n"
                       "Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n%s\n" % (ARCH, "\n".join(lines)))
            put(os.path.join(dist, "Release"), release.encode())
            if sign:
                subprocess.run(["gpg", "--homedir", self.home, "--batch", "--yes", "--clearsign", "-o",
                                os.path.join(dist, "InRelease"), os.path.join(dist, "Release")],
                               check=True, stderr=subprocess.DEVNULL)

    def serve(self):
        Server.cut = set()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Server, directory=self.top))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server.server_port

    def lose(self, section, version):
        for name in self.files("thing", version):
            os.remove(self.pool(section, name))


class Case:
    """One archive, and a root whose apt is configured with it."""

    def __init__(self, work, home, key):
        self.dir = tempfile.mkdtemp(dir=work)
        self.archive = Archive(os.path.join(self.dir, "archive"), home)
        self.key = key
        self.ports = {}

    def start(self, dead=(), sign=True):
        self.archive.publish(sign)
        port = self.archive.serve()
        lines = ""
        for section in SECTIONS:
            lines += "deb [signed-by=%s] http://127.0.0.1:%d/%s %s main\n" % (
                self.key, 9 if section in dead else port, section,
                "stable" if section == "main" else "stable-" + section)
        put(os.path.join(self.dir, "root/etc/apt/sources.list"), lines.encode())
        put(os.path.join(self.dir, "root/etc/os-release"), b"VERSION_CODENAME=stable\n")
        return self

    def fetch(self, *args, package="thing"):
        self.into = os.path.join(self.dir, "into")
        shutil.rmtree(self.into, ignore_errors=True)
        os.mkdir(self.into)
        env = dict(os.environ, http_proxy="", HTTP_PROXY="", no_proxy="*")
        self.got = subprocess.run([FETCH, "--root", os.path.join(self.dir, "root"), *args, package, self.into],
                                  text=True, env=env, check=False, timeout=120,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self

    def end(self):
        self.archive.server.shutdown()

    def said(self):
        return "%d, %r, has %s, stderr: %s" % (self.got.returncode, self.got.stdout, self.has(), self.got.stderr[-1500:])

    def has(self):
        return sorted(os.listdir(self.into))

    def taken(self, section, version, kinds=3):
        """Whether all of it is there, and from @section."""
        names = self.archive.files("thing", version)
        names = names[3:] if kinds == 1 else names[:3]
        if self.got.returncode or self.has() != sorted(names) or self.got.stdout.count("\n") != 1:
            return False
        return all(open(os.path.join(self.into, n), encoding="utf-8").read().startswith(section + " ")
                   for n in names) and " stable%s" % ("" if section == "main" else "-" + section) in self.got.stdout

    def refused(self, *words):
        """With nothing left, and one line that has all @words."""
        last = self.got.stderr.strip().splitlines()[-1]
        return self.got.returncode == 1 and not self.has() and not self.got.stdout and \
            last.startswith("fetch-package: no ") and all(w in last for w in words)


def make_key(work, name):
    home = os.path.join(work, name)
    os.mkdir(home, 0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--passphrase", ""]
    subprocess.run(gpg + ["--quick-gen-key", name + "@example.org", "ed25519", "sign", "0"], check=True,
                   stderr=subprocess.DEVNULL)
    key = os.path.join(work, name + ".asc")
    subprocess.run(gpg + ["--armor", "--export", "-o", key], check=True)
    return home, key


def tests(tap, work):
    home, key = make_key(work, "archive")
    _, other = make_key(work, "other")

    def case():
        return Case(work, home, key)

    c = case()
    c.archive.add("main", "1.0-2")
    c.archive.add("security", "1.0-2")
    c.start()
    tap.ok(c.fetch("--like", "1.0-2").taken("main", "1.0-2"), "all is well: the first section is used", c.said())
    c.archive.lose("main", "1.0-2")
    tap.ok(c.fetch("--like", "1.0-2").taken("security", "1.0-2"),
           "the main pool answers 404: the same version from the security section", c.said())
    tap.ok(c.fetch("--binary").taken("security", "1.0-2", 1), "and so with a package", c.said())
    c.archive.lose("security", "1.0-2")
    tap.ok(c.fetch("--like", "1.0-2").refused("1.0-2 of", "/main", "/security", "404", "run it again later"),
           "both answer 404: told in one line what was tried, and what to do", c.said())
    c.end()

    for only, what in (("thing_1.0.orig.tar.gz", "upstream source"), ("thing_1.0-2.dsc", "description")):
        c = case()
        c.archive.add("main", "1.0-2")
        c.archive.add("updates", "1.0-2")
        c.start()
        os.remove(c.archive.pool("main", only))
        tap.ok(c.fetch("--like", "1.0-2").taken("updates", "1.0-2"),
               "only the %s answers 404: nothing of two sections is mixed" % what, c.said())
        c.end()

    c = case()
    c.archive.add("main", "1.0-2")
    c.archive.add("security", "1.0-2")
    c.start()
    # In both sections: the name is the same.
    Server.cut = {"thing_1.0.orig.tar.gz"}
    tap.ok(c.fetch("--like", "1.0-2").refused("/main", "/security"), "cut off in the middle in each: no half of it is kept", c.said())
    Server.cut = set()
    with open(c.archive.pool("main", "thing_1.0.orig.tar.gz"), "r+b") as f:
        f.truncate(100)
    tap.ok(c.fetch("--like", "1.0-2").taken("security", "1.0-2"), "cut off in the main pool: from the security section", c.said())
    put(c.archive.pool("main", "thing_1.0.orig.tar.gz"),
        b"evil" + open(c.archive.pool("security", "thing_1.0.orig.tar.gz"), "rb").read()[4:])
    tap.ok(c.fetch("--like", "1.0-2").taken("security", "1.0-2"),
           "of the right length, and not what the index says: not taken", c.said())
    c.end()

    c = case()
    c.archive.add("main", "1.0-1")
    c.archive.add("updates", "1.0-3")
    c.archive.add("security", "1.1-1")
    c.start()
    tap.ok(c.fetch("--like", "1.0-2").taken("updates", "1.0-3") and "1.0-2, which is not to be had" in c.got.stdout,
           "the version is nowhere: the newest revision of the same upstream, and it is said", c.said())
    c.archive.lose("updates", "1.0-3")
    tap.ok(c.fetch("--like", "1.0-2").taken("main", "1.0-1"), "that answers 404: an older revision", c.said())
    c.archive.lose("main", "1.0-1")
    tap.ok(c.fetch("--like", "1.0-2").refused("1.0-3", "1.0-1"), "never another upstream version", c.said())
    tap.ok(c.fetch("--like", "2.0-1").refused("lists none of 2.0"), "of which there is none: said so", c.said())
    tap.ok(c.fetch().taken("security", "1.1-1"), "any version wanted: the newest", c.said())
    c.archive.lose("security", "1.1-1")
    c.archive.held["main"] = []
    c.archive.add("main", "0.9-1")
    c.archive.held["updates"], c.archive.held["security"] = [], [("thing", "1.1-1")]
    for name in c.archive.files("thing", "1.1-1"):
        put(c.archive.pool("security", name), b"x")
    c.archive.publish()
    c.archive.lose("security", "1.1-1")
    tap.ok(c.fetch().taken("main", "0.9-1"), "and that answers 404: an older one", c.said())
    tap.ok(c.fetch(package="nothing").refused("no source package of nothing", "lists none"), "no such package", c.said())
    c.end()

    c = case()
    c.archive.add("main", "1.0-2")
    c.archive.add("security", "1.0-2")
    c.start(dead=("main",))
    tap.ok(c.fetch("--like", "1.0-2").taken("security", "1.0-2"), "a section that does not answer: from another", c.said())
    c.end()
    c.start(dead=SECTIONS)
    tap.ok(c.fetch("--like", "1.0-2").refused("its index can't be read"), "none answers: said of each", c.said())
    c.end()

    c = case()
    c.archive.add("main", "1.0-2")
    c.archive.add("security", "1.0-2")
    c.start(sign=False)
    tap.ok(c.fetch("--like", "1.0-2").refused("its index can't be read"), "an index without a signature: not used", c.said())
    c.end()
    c.key = other
    c.start()
    tap.ok(c.fetch("--like", "1.0-2").refused("its index can't be read"), "signed by another key: not used", c.said())
    c.end()

    c = case()
    c.archive.add("security", "1.0-2")
    c.start()
    root = os.path.join(c.dir, "root")
    lines = open(os.path.join(root, "etc/apt/sources.list"), encoding="utf-8").read()
    os.remove(os.path.join(root, "etc/apt/sources.list"))
    stanzas = "# comment\n"
    for m in re.finditer(r"deb \[signed-by=(\S+)\] (\S+) (\S+) main", lines):
        stanzas += "Types: deb\n# why\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n" % (m[2], m[3], m[1])
    put(os.path.join(root, "etc/apt/sources.list.d/debian.sources"), stanzas.encode())
    tap.ok(c.fetch("--like", "1.0-2").taken("security", "1.0-2"), "sections as deb822 has them", c.said())
    os.remove(os.path.join(root, "etc/apt/sources.list.d/debian.sources"))
    tap.ok(c.fetch().refused("no section of Debian's archive"), "apt is configured with nothing: said so", c.said())
    c.end()


def main():
    print("TAP version 13")
    tap = Tap()
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        tests(tap, work)
    print("1..%d" % tap.n)
    return 1 if tap.failed else 0


ARCH = subprocess.run(["dpkg", "--print-architecture"], check=True, text=True,
                      stdout=subprocess.PIPE).stdout.strip()
sys.exit(main())
