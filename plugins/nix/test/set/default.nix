# A small package set of Debian's own files, with the attributes of nixpkgs that the library asks for. `files` is laid out by
# lay-out-set.ts; everything is made in the sandbox, of nothing but these files.
{ system ? builtins.currentSystem, config ? { }, overlays ? [ ] }:
let
  # The set was copied into the store before it is evaluated, so its files need not be hashed again.
  # In a store with a root of its own the path is that on disk.
  here = builtins.storePath (builtins.head (builtins.match ".*(/nix/store/[^/]+)" (toString ./.)));
  files = "${here}/files";
  busyboxBinary = "${files}/bin/busybox";

  package =
    { pname, version, script, inputs ? { }, outputs ? [ "out" ], passthru ? { }, meta ? { } }:
    let
      drv = derivation (
        {
          name = "${pname}-${version}";
          inherit system outputs files;
          builder = busyboxBinary;
          args = [ "sh" "-euc" ''
            mkdir() { ${busyboxBinary} mkdir "$@"; }; cp() { ${busyboxBinary} cp "$@"; }; ln() { ${busyboxBinary} ln "$@"; }
            chmod() { ${busyboxBinary} chmod "$@"; }; find() { ${busyboxBinary} find "$@"; }
            sleep() { ${busyboxBinary} sleep "$@"; }
            patch() { ${busyboxBinary} chmod u+w "$3"; $files/lib/ld-linux-x86-64.so.2 --library-path $files/lib $files/bin/patchelf "$@"; }
            ${script}
          '' ];
        }
        // inputs
      );
    in
    drv // passthru // { inherit pname version meta; };

  library = pname: version: names: extra: package {
    inherit pname version;
    inputs = extra;
    script = ''
      mkdir -p $out/lib
      for name in ${builtins.concatStringsSep " " names}; do
        cp $files/lib/$name $out/lib/$name
        ${if extra == { } then "" else "patch --set-rpath $glibc/lib:$out/lib $out/lib/$name"}
      done
    '';
  };

  program = pname: version: names: libraries: package {
    inherit pname version;
    inputs = { inherit glibc libraries; };
    script = ''
      mkdir -p $out/bin
      runpath=$glibc/lib
      for library in $libraries; do runpath=$runpath:$library/lib; done
      for name in ${builtins.concatStringsSep " " names}; do
        cp $files/bin/$name $out/bin/$name
        patch --set-rpath $runpath $out/bin/$name
        patch --set-interpreter $glibc/lib/ld-linux-x86-64.so.2 $out/bin/$name
      done
    '';
  };

  glibc = library "glibc" "2.36" [ "ld-linux-x86-64.so.2" "libc.so.6" "libm.so.6" "libdl.so.2" "libpthread.so.0" "libutil.so.1" "librt.so.1" ] { };
  zlib = library "zlib" "1.2.13" [ "libz.so.1" ] { inherit glibc; };
  expat = library "expat" "2.5.0" [ "libexpat.so.1" ] { inherit glibc; };
  libyaml = library "libyaml" "0.2.5" [ "libyaml-0.so.2" ] { inherit glibc; };
  gccLib = library "gcc-lib" "12" [ "libstdc++.so.6" "libgcc_s.so.1" ] { inherit glibc; };

  python311 = package {
    pname = "python3";
    version = "3.11.2";
    inputs = { inherit glibc; libraries = [ zlib expat ]; };
    script = ''
      mkdir -p $out/bin $out/lib
      cp -r $files/python3.11 $out/lib/python3.11
      cp $files/bin/python3.11 $out/bin/python3.11
      runpath=$glibc/lib
      for library in $libraries; do runpath=$runpath:$library/lib; done
      patch --set-rpath $runpath $out/bin/python3.11
      patch --set-interpreter $glibc/lib/ld-linux-x86-64.so.2 $out/bin/python3.11
      ln -s python3.11 $out/bin/python3
    '';
    passthru = { pkgs = pythonPackages; pythonVersion = "3.11"; };
  };

  module =
    { pname, version, script, propagated ? [ ], inputs ? { }, extras ? { }, meta ? { } }:
    package {
      inherit pname version meta;
      inputs = inputs // { inherit propagated; };
      script = ''
        site=$out/lib/python3.11/site-packages
        info=$site/${builtins.replaceStrings [ "-" ] [ "_" ] pname}-${version}.dist-info
        mkdir -p $info $out/nix-support
        echo "$propagated" > $out/nix-support/propagated-build-inputs
        printf 'Metadata-Version: 2.1\nName: ${pname}\nVersion: ${version}\n' > $info/METADATA
        echo nix > $info/INSTALLER
        ${script}
      '';
      passthru = { requiredPythonModules = all propagated; optional-dependencies = extras; pythonModule = true; };
    };
  all = modules: builtins.concatMap (one: [ one ] ++ one.requiredPythonModules) modules;

  pythonPackages = {
    requiredPythonModules = modules: [ python311 ] ++ all modules;
    six = module { pname = "six"; version = "1.16.0"; script = "cp $files/site/six.py $site/six.py"; };
    pyyaml = module {
      pname = "pyyaml";
      version = "6.0";
      inputs = { inherit glibc libyaml; };
      script = ''
        cp -r $files/site/yaml $site/yaml
        cp -r $files/site/_yaml $site/_yaml
        for file in $(find $site -name '*.so'); do
          chmod u+w "''${file%/*}"
          patch --set-rpath $glibc/lib:$libyaml/lib $file
        done
      '';
    };
    # A module that needs another, has a program, an extra, and a folder that it shares with a second one.
    greeter = module {
      pname = "greeter";
      version = "1.4";
      propagated = [ pythonPackages.six ];
      extras = { loud = [ pythonPackages.pyyaml ]; broken = [ pythonPackages.broken ]; };
      script = ''
        mkdir -p $site/shared/greeter $out/bin
        echo 'import six; VALUE = "hello " + six.__version__' > $site/shared/greeter/__init__.py
        # As nixpkgs wraps programs: they find what they need by themselves.
        printf '#!%s\nimport sys\nsys.path[:0] = ["%s", "%s/lib/python3.11/site-packages"]\nfrom shared.greeter import VALUE\nprint(VALUE)\n' ${python311}/bin/python3.11 $site $propagated > $out/bin/greet
        chmod +x $out/bin/greet
      '';
    };
    farewell = module {
      pname = "farewell";
      version = "2.0";
      script = "mkdir -p $site/shared/farewell; echo 'VALUE = 1' > $site/shared/farewell/__init__.py";
    };
    typing_legacy = module { pname = "typing-legacy"; version = "1.0"; script = "echo > $site/typing_legacy.py"; };
    broken = throws "broken" { broken = true; };
    unfree = throws "unfree" { unfree = true; };
    insecure = throws "insecure" { knownVulnerabilities = [ "CVE-0000-0000" ]; };
    disabled = throw "disabled-1.0 not supported for interpreter python3.11";
    fails = module { pname = "fails"; version = "1.0"; script = "echo the reason is here; exit 7"; };
    slow = module { pname = "slow"; version = "1.0"; script = "echo waiting; sleep 60"; };
    curious = module { pname = "curious"; version = "1.0"; script = "test ! -e /etc/hostname; test ! -e /work; ${busyboxBinary} wget -T 2 http://127.0.0.1:1/ && exit 1; echo > $site/curious.py"; };
    lib = { };
    callPackage = x: x;
  };
  throws = pname: meta: { type = "derivation"; inherit pname meta; version = "1.0"; name = "${pname}-1.0"; drvPath = throw "${pname} is refused"; outPath = throw "${pname} is refused"; };
in
assert overlays == [ ];
rec {
  inherit glibc zlib expat libyaml python311;
  lib = { version = "22.05-debian"; };
  python3 = python311;
  busybox = package {
    pname = "busybox";
    version = "1.35.0";
    script = "mkdir -p $out/bin; cp ${busyboxBinary} $out/bin/busybox; for name in sh env ls cat wget; do ln -s busybox $out/bin/$name; done";
  };
  stdenv.cc = {
    cc.lib = gccLib;
    bintools.dynamicLinker = "${glibc}/lib/ld-linux-x86-64.so.2";
  };
  patchelf = program "patchelf" "0.14.3" [ "patchelf" ] [ gccLib ];
  cacert = package { pname = "nss-cacert"; version = "2023"; script = "mkdir -p $out/etc/ssl/certs; cp $files/ca-bundle.crt $out/etc/ssl/certs/ca-bundle.crt"; };
  # Stands for a program of a Debian package.
  jq = package { pname = "jq"; version = "1.6"; inputs = { inherit busybox; }; script = "mkdir -p $out/bin; printf '#!%s/bin/sh\\necho jq-of-the-set\\n' $busybox > $out/bin/jq; chmod +x $out/bin/jq"; };
  unreachable = throw "not for this set";
}
