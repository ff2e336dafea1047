# Looks up everything that an image needs in one package set, in one evaluation, and builds nothing.
#
# All data comes from one JSON file: no string of a user ever becomes Nix code. The answer is data too: a name that is
# missing or broken is a status, so that it does not hide the others. Valid for Nix 2.8 and later, without features.
{ specFile }:
let
  inherit (builtins)
    attrNames concatMap elem elemAt filter fromJSON head isAttrs isList isString length listToAttrs map match readFile tail tryEval
    ;

  spec = fromJSON (readFile specFile);

  source =
    if spec.pin.kind == "path" then
      builtins.path { inherit (spec.pin) path sha256; name = "source"; }
    else
      builtins.fetchTarball { inherit (spec.pin) url sha256; };

  packageSet = system: import source { inherit system; inherit (spec) config; overlays = [ ]; };
  pkgs = packageSet spec.system;
  # What runs during the build runs on this machine, whatever the image is for.
  tools = if spec.system == spec.buildSystem then pkgs else packageSet spec.buildSystem;

  isDerivation = value: isAttrs value && (value.type or null) == "derivation";

  # Follows attribute names that come from data: each is looked up, never written into code.
  find =
    set: names:
    if names == [ ] then { found = true; value = set; }
    else if isAttrs set && set ? ${head names} then find set.${head names} (tail names)
    else { found = false; };

  findFirst =
    set: candidates:
    if candidates == [ ] then { found = false; }
    else let one = find set (head candidates); in if one.found then one else findFirst set (tail candidates);

  # Why nixpkgs refuses a package: its own exception has no text that can be had.
  refusal =
    package:
    let
      says = name: let r = tryEval (package.meta.${name} or false); in r.success && r.value == true;
      known = tryEval (length (package.meta.knownVulnerabilities or [ ]) > 0);
    in
    if says "broken" then "broken"
    else if says "unfree" then "unfree"
    else if known.success && known.value then "insecure"
    else if says "unsupported" then "unsupported"
    else "throws";

  describe =
    result:
    if !result.found then { status = "missing"; }
    else if !(isDerivation result.value) then { status = "not-a-package"; }
    else
      let
        package = result.value;
        forced = tryEval (builtins.seq package.drvPath package.outPath);
      in
      if forced.success then { status = "ok"; version = textOf (package.version or null); }
      else { status = refusal package; version = null; };

  textOf = value: if isString value then value else null;

  probe =
    set: candidates:
    let r = tryEval (let d = describe (findFirst set candidates); in builtins.deepSeq d d);
    in if r.success then r.value else { status = "throws"; };

  # What an image refers to: which derivation makes it, and where it will be.
  rootOf = role: name: package: {
    inherit role name;
    drv = plain package.drvPath;
    output = package.outputName or "out";
    path = plain package.outPath;
  };
  plain = builtins.unsafeDiscardStringContext;

  ## Python

  pythonName = "python" + builtins.replaceStrings [ "." ] [ "" ] spec.python;
  python = pkgs.${pythonName};
  pythonProbe = probe pkgs [ [ pythonName ] ];
  hasPython = spec.python != null && pythonProbe.status == "ok";
  modulesOf = set: set.pkgs or { };

  packages = map (
    asked:
    let
      found = findFirst (modulesOf python) asked.candidates;
      status = if hasPython then probe (modulesOf python) asked.candidates else { status = "no-python"; };
      extras = map (
        extra:
        let
          groups = if status.status == "ok" then found.value.optional-dependencies or { } else { };
          members = if groups ? ${extra} then groups.${extra} else null;
          probed = tryEval (isList members && builtins.all (member: builtins.seq member.drvPath true) members);
        in
        {
          name = extra;
          status = if members == null then "missing" else if probed.success && probed.value then "ok" else "throws";
          available = attrNames groups;
          inherit members;
        }
      ) asked.extras;
    in
    { inherit asked found status extras; }
  ) spec.packages;

  packagesOk = builtins.all (
    p: p.status.status == "ok" && builtins.all (extra: extra.status == "ok") p.extras
  ) packages;

  # A package with everything that it imports: nixpkgs knows the list, other sets may not.
  required = (modulesOf python).requiredPythonModules or (list: list);
  modules = filter (module: isDerivation module && module.outPath != python.outPath) (
    required (map (p: p.found.value) packages ++ concatMap (p: concatMap (extra: extra.members) p.extras) packages)
  );

  ## Programs and libraries

  system = map (
    asked:
    { inherit asked; found = findFirst pkgs asked.candidates; status = probe pkgs asked.candidates; }
  ) spec.systemPackages;

  outputOf =
    names: package:
    let present = filter (name: package ? ${name}) names;
    in if present == [ ] then package else package.${head present};

  systemRoots = map (
    s:
    rootOf s.asked.role s.asked.name (outputOf (if s.asked.role == "library" then [ "lib" "out" ] else [ "bin" "out" ]) s.found.value)
  ) (filter (s: s.status.status == "ok") system);

  ## Wheels: fetched by hash by the caller, patched here so that the loader of the set finds what they need

  libraries =
    concatMap (
      names: if (probe pkgs [ names ]).status == "ok" then [ (outputOf [ "lib" "out" ] (find pkgs names).value) ] else [ ]
    ) spec.wheelLibraries
    ++ map (s: outputOf [ "lib" "out" ] s.found.value) (filter (s: s.asked.role == "library" && s.status.status == "ok") system);

  toolPython = let own = probe tools [ [ pythonName ] ]; in if own.status == "ok" then tools.${pythonName} else tools.python3;
  loader = pkgs.stdenv.cc.bintools.dynamicLinker;

  patched = map (
    wheel:
    rootOf "wheel" wheel.name (derivation {
      name = wheel.outputName;
      system = spec.buildSystem;
      builder = "${toolPython}/bin/python3";
      # Nix tells a builder its name alone, and an interpreter finds its library by where it is.
      PATH = "${toolPython}/bin";
      args = [ "-I" "-B" "-S" (builtins.path { path = ./patch-wheel.py; name = "imagespec-patch-wheel.py"; }) ];
      inherit (wheel) filename;
      patchelf = "${tools.patchelf}/bin/patchelf";
      inherit loader;
      runpath = builtins.concatStringsSep ":" (map (library: "${library}/lib") libraries);
      # The file is put into the store under its hash beforehand; there is nothing to download.
      wheel = derivation {
        name = wheel.storeName;
        system = "builtin";
        builder = "builtin:fetchurl";
        url = "imagespec:${wheel.sha256}";
        outputHashMode = "flat";
        outputHashAlgo = "sha256";
        outputHash = wheel.sha256;
      };
    })
  ) spec.wheels;

  ## The answer

  isSystemOk = builtins.all (s: s.status.status == "ok") system;
  isOk = (spec.python == null || hasPython) && packagesOk && isSystemOk;
  dedupe =
    list:
    builtins.attrValues (listToAttrs (map (root: { name = root.path + root.role; value = root; }) list));
in
{
  nix = builtins.nixVersion;
  set = { version = textOf (pkgs.lib.version or null); source = plain "${source}"; };
  python =
    if spec.python == null then null
    else
      pythonProbe
      // {
        # Only the default interpreter's packages are in public caches.
        default = let r = tryEval (textOf (pkgs.python3.version or null)); in if r.success then r.value else null;
        available = if hasPython then [ ] else filter (name: match "python3[0-9]+" name != null) (attrNames pkgs);
      };
  packages = map (p: p.status // { extras = map (extra: { inherit (extra) name status available; }) p.extras; }) packages;
  # For suggestions; long, so only when they are needed.
  names = if hasPython && !packagesOk then attrNames (modulesOf python) else [ ];
  system = map (s: s.status) system;
  roots =
    if !isOk then [ ]
    else
      dedupe (
        (if spec.python == null then [ ] else [ (rootOf "python" "python" python) ])
        ++ (if spec.python == null then [ ] else map (module: rootOf "module" (module.pname or module.name) module) modules)
        ++ systemRoots
        ++ patched
        ++ (if spec.wheels == [ ] then [ ] else map (library: rootOf "library" library.name library) libraries)
      );
}
