# As much of nixpkgs as the flake and the module ask for, so that both are evaluated where nixpkgs cannot be had: options
# with types that check, modules that are merged, packages that say what they were called with. Stricter than the
# original where it differs: whatever is not here is an error.
let
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    concatStringsSep
    elemAt
    filter
    foldl'
    hasAttr
    head
    isAttrs
    isFunction
    isList
    length
    listToAttrs
    map
    mapAttrs
    match
    removeAttrs
    stringLength
    substring
    ;

  show = value: builtins.toJSON (if isFunction value then "a function" else value);
  at = concatStringsSep ".";
  last = list: elemAt list (length list - 1);

  # Conditions and priorities, from the outside in: a list of { value; priority; }.
  discharge =
    def:
    let
      value = def.value;
      kind = if isAttrs value then value._type or "" else "";
    in
    if kind == "if" then
      (if value.condition then discharge (def // { value = value.content; }) else [ ])
    else if kind == "merge" then
      builtins.concatMap (it: discharge (def // { value = it; })) value.contents
    else if kind == "override" then
      discharge {
        value = value.content;
        inherit (value) priority;
      }
    else
      [ def ];
  # Those that count: of the best priority.
  strongest =
    defs:
    let
      best = foldl' (low: it: if it.priority < low then it.priority else low) 10000 defs;
    in
    map (it: it.value) (filter (it: it.priority == best) defs);

  type = name: check: {
    inherit name check;
    merge =
      loc: values:
      if length values == 1 || all (it: it == head values) values then
        head values
      else
        throw "The option `${at loc}' has conflicting values";
  };
  checked =
    type: loc: values:
    if all type.check values then
      type.merge loc values
    else
      throw "A definition for option `${at loc}' is not of type `${type.name}': ${show (head (filter (it: !type.check it) values))}";

  types = rec {
    bool = type "boolean" builtins.isBool;
    str = type "string" builtins.isString;
    int = type "integer" builtins.isInt;
    package = type "package" (it: isAttrs it && it ? outPath);
    path = type "path" (it: builtins.isPath it || builtins.isString it && match "/.*" it != null);
    strMatching = pattern: type "string matching ${pattern}" (it: builtins.isString it && match pattern it != null);
    enum = values: type "one of ${show values}" (it: any (one: one == it) values);
    nullOr =
      inner:
      type "null or ${inner.name}" (it: it == null || inner.check it)
      // {
        merge = loc: values: if all (it: it == null) values then null else checked inner loc (filter (it: it != null) values);
      };
    listOf =
      inner:
      type "list of ${inner.name}" isList
      // {
        merge =
          loc: values:
          lib.imap0 (number: it: checked inner (loc ++ [ "[${toString number}]" ]) (strongest (discharge (plain it)))) (
            builtins.concatLists values
          );
      };
    attrsOf =
      inner:
      type "attribute set of ${inner.name}" isAttrs
      // {
        merge =
          loc: values:
          let
            names = attrNames (foldl' (one: other: one // other) { } values);
            defs = name: builtins.concatMap (it: if hasAttr name it then discharge (plain it.${name}) else [ ]) values;
          in
          listToAttrs (
            map (name: {
              inherit name;
              value = checked inner (loc ++ [ name ]) (strongest (defs name));
            }) (filter (name: defs name != [ ]) names)
          );
      };
    # Whatever the rest of the system takes: sets are merged, lists joined.
    anything = type "anything" (_it: true) // {
      merge =
        loc: values:
        if all isAttrs values && !any (it: it ? outPath) values then
          (attrsOf anything).merge loc values
        else if all isList values then
          builtins.concatLists values
        else
          (type "anything" (_it: true)).merge loc values;
    };
    # What TOML can say: no null, no function, no path.
    toml =
      let
        check =
          it:
          builtins.isString it
          || builtins.isInt it
          || builtins.isFloat it
          || builtins.isBool it
          || isList it && all check it
          || isAttrs it && all check (attrValues it);
      in
      type "TOML value" check // { merge = anything.merge; };
    submodule =
      module:
      type "submodule" (it: isAttrs it || isFunction it)
      // {
        merge =
          loc: values:
          (lib.evalModules {
            modules = [ module ] ++ map (it: if isFunction it then it else { config = it; }) values;
            prefix = loc;
          }).config;
      };
  };
  plain = value: {
    inherit value;
    priority = 100;
  };

  # A module as { imports; options; config; freeform; }.
  normal =
    args: module:
    let
      read = if builtins.isPath module || builtins.isString module then import module else module;
      given = if isFunction read then read args else read;
      isLong = given ? options || given ? config;
    in
    {
      imports = given.imports or [ ];
      options = given.options or { };
      freeform = given.freeformType or null;
      config = if isLong then given.config or { } else removeAttrs given [ "imports" "freeformType" ];
    };
  withImports = args: module: let it = normal args module; in [ it ] ++ builtins.concatMap (withImports args) it.imports;
  isOption = it: isAttrs it && it._type or "" == "option";
  # Options of several modules in one tree.
  joined =
    one: other:
    foldl' (
      tree: name:
      tree
      // {
        ${name} =
          if hasAttr name tree && !isOption tree.${name} then
            joined tree.${name} other.${name}
          else if hasAttr name tree then
            throw "The option `${name}' is declared twice"
          else
            other.${name};
      }
    ) one (attrNames other);

  # Sets of definitions, with conditions and priorities moved to what is in them: which names there are must not hang on
  # a condition, which may hang on what is defined.
  pushed =
    value:
    let
      kind = value._type or "";
      inside = content: map (mapAttrs (_name: it: value // { content = it; })) (pushed content);
    in
    if kind == "merge" then
      builtins.concatMap pushed value.contents
    else if kind == "if" || kind == "override" then
      inside value.content
    else
      [ value ];

  # The values of a tree of options, of what modules define: a list of sets.
  values =
    loc: freeform: options: sets:
    let
      names = attrNames (foldl' (one: other: one // other) options sets);
      below = name: builtins.concatMap (it: if hasAttr name it then [ it.${name} ] else [ ]) sets;
      defs = name: builtins.concatMap (it: discharge (plain it)) (below name);
      value =
        name:
        let
          option = options.${name} or null;
          here = loc ++ [ name ];
          default = if option ? default then [ { value = option.default; priority = 1500; } ] else [ ];
          said = strongest (defs name ++ default);
        in
        if option == null && freeform == null then
          throw "The option `${at here}' does not exist"
        else if option == null then
          checked freeform here (strongest (defs name))
        else if !isOption option then
          values here freeform option (builtins.concatMap pushed (below name))
        else if said == [ ] then
          throw "The option `${at here}' is used but not defined"
        else
          checked option.type here said;
    in
    listToAttrs (
      map (name: {
        inherit name;
        value = value name;
      }) names
    );

  lib = {
    inherit types attrValues last;
    inherit (builtins) filter any all concatMap;
    mkOption = option: option // { _type = "option"; };
    mkEnableOption = what: lib.mkOption { type = types.bool; default = false; description = "Whether to enable ${what}."; };
    mkPackageOption = pkgs: name: _more: lib.mkOption {
      type = types.package;
      default = pkgs.${name} or (throw "there is no package ${name}");
      description = "The package.";
    };
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    mkDefault = content: { _type = "override"; priority = 1000; inherit content; };
    mkForce = content: { _type = "override"; priority = 50; inherit content; };
    literalMD = text: { _type = "literalMD"; inherit text; };
    optionalString = is: text: if is then text else "";
    literalExpression = text: { _type = "literalExpression"; inherit text; };
    evalModules =
      { modules, specialArgs ? { }, prefix ? [ ] }:
      let
        args = specialArgs // { inherit config lib; };
        all = builtins.concatMap (withImports args) modules;
        freeforms = filter (it: it != null) (map (it: it.freeform) all);
        options = foldl' joined { } (map (it: it.options) all);
        config = values prefix (if freeforms == [ ] then null else head freeforms) options (
          builtins.concatMap (it: pushed it.config) all
        );
      in
      { inherit config options; };

    mapAttrs = mapAttrs;
    mapAttrs' = make: set: listToAttrs (map (name: make name set.${name}) (attrNames set));
    mapAttrsToList = make: set: map (name: make name set.${name}) (attrNames set);
    filterAttrs = keep: set: listToAttrs (map (name: { inherit name; value = set.${name}; }) (filter (name: keep name set.${name}) (attrNames set)));
    genAttrs = names: make: listToAttrs (map (name: { inherit name; value = make name; }) names);
    nameValuePair = name: value: { inherit name value; };
    optional = is: it: if is then [ it ] else [ ];
    optionals = is: list: if is then list else [ ];
    optionalAttrs = is: set: if is then set else { };
    imap0 = make: list: builtins.genList (number: make number (elemAt list number)) (length list);
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    splitString = sep: text: filter builtins.isString (builtins.split sep text);
    concatStringsSep = concatStringsSep;
    toInt = text: builtins.fromJSON text;
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    assertOneOf = name: value: list: builtins.elem value list || throw "${name} must be one of ${show list}, but is ${show value}";
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    licenses.mit = "MIT";
    # Every file is there, or this says which is not.
    fileset = {
      unions = paths: map (it: if builtins.pathExists it then it else throw "there is no ${toString it}") paths;
      toSource = { root, fileset }: { inherit root; files = map toString fileset; outPath = "/nix/store/stub-source"; };
    };
  };

  # TOML of a value, as pkgs.formats.toml writes it; text and numbers of JSON are those of TOML.
  toml =
    value:
    if isAttrs value then
      "{ ${concatStringsSep ", " (lib.mapAttrsToList (name: it: "${show name} = ${toml it}") value)} }"
    else if isList value then
      "[${concatStringsSep ", " (map toml value)}]"
    else if value == null then
      throw "TOML has no null"
    else
      show value;

  # What the packages of the flake are made of; one that is not here is an error.
  names = [
    "autoAddDriverRunpath"
    "cargo"
    "cargo-nextest"
    "clippy"
    "cmake"
    "coreutils"
    "ffmpeg"
    "ffmpeg-headless"
    "installShellFiles"
    "nixfmt-rfc-style"
    "pkg-config"
    "rustfmt"
    "shaderc"
    "vulkan-headers"
    "vulkan-loader"
  ];
  stubPackage = name: { inherit name; outPath = "/nix/store/stub-${name}"; type = "derivation"; meta.mainProgram = name; };
  derivation = set: set // { type = "derivation"; outPath = "/nix/store/stub-${set.pname or set.name}"; };
  packageSet =
    system:
    let
      build = args: derivation args;
      pkgs = lib.genAttrs names stubPackage // {
        inherit lib;
        stdenv.hostPlatform = { inherit system; };
        callPackage =
          file: more:
          let make = import file; in make (builtins.intersectAttrs (builtins.functionArgs make) pkgs // more);
        mkShell = args: derivation ({ name = "shell"; } // args);
        testers.runNixOSTest = test: derivation { name = "test-${test.name}"; inherit test; };
        rustPlatform = {
          buildRustPackage = { __functor = _self: build; override = _args: build; };
          bindgenHook = stubPackage "bindgen-hook";
        };
        cudaPackages = lib.genAttrs [ "cuda_nvcc" "cuda_cudart" "cuda_cccl" "libcublas" "backendStdenv" ] stubPackage;
        formats.toml = { }: {
          type = types.toml;
          generate = name: value: {
            outPath = "/nix/store/stub-${name}";
            text = concatStringsSep "" (lib.mapAttrsToList (key: it: "${key} = ${toml it}\n") value);
          };
        };
      };
    in
    pkgs;
in
{
  inherit lib packageSet;
  # As it is among a flake's inputs.
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] packageSet;
    outPath = ./nixpkgs.nix;
  };
}
