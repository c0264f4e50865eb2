# What nix/tests/check.sh evaluates: the flake's outputs, and the module with the settings of a case. One attribute each,
# so that a case that must be refused is evaluated alone.
let
  stub = import ./stub.nix;
  inherit (stub) lib;
  flake = import ../flake.nix;
  outputs = flake.outputs {
    self = outputs;
    inherit (stub) nixpkgs;
  };
  pkgs = stub.packageSet "x86_64-linux";

  # The rest of the system, as far as the module says something of it.
  system.options =
    lib.genAttrs [ "assertions" "environment" "networking" "systemd" "users" "warnings" ] (
      _name:
      lib.mkOption {
        type = lib.types.anything;
      }
    );
  evaluated =
    case:
    (lib.evalModules {
      modules = [
        system
        outputs.nixosModules.default
        { services.kinora = case; }
      ];
      specialArgs = { inherit pkgs; };
    }).config;

  # What of a system is compared: failed assertions are told as NixOS tells them.
  seen =
    case:
    let
      config = evaluated case;
      failed = map (it: it.message) (lib.filter (it: !it.assertion) config.assertions);
      shown = value: if value ? outPath then value.outPath else value;
    in
    # Nixpkgs refuses options that are not there even where nobody asks for them.
    if builtins.deepSeq config.services.kinora failed != [ ] then
      throw "Failed assertions: ${lib.concatStringsSep " " failed}"
    else
      {
        inherit (config) networking users warnings;
        service = config.systemd.services.kinora // {
          restartTriggers = map shown config.systemd.services.kinora.restartTriggers;
        };
        tmpfiles = config.systemd.tmpfiles.settings or { };
        packages = map shown config.environment.systemPackages;
      };
  file = case: (evaluated case).environment.etc."kinora/kinora.toml".source.text;
  package = it: {
    inherit (it) pname buildFeatures env;
    inputs = map (one: one.name) it.buildInputs;
    tools = map (one: one.name) it.nativeBuildInputs;
    files = map (one: lib.last (lib.splitString "/" one)) it.src.files;
    program = lib.getExe it;
    install = it.postInstall;
    checked = it.doInstallCheck;
    lock = builtins.pathExists it.cargoLock.lockFile;
  };
  cases = import ./cases.nix;
in
{
  flake = {
    outputs = lib.mapAttrs (_name: it: if builtins.isAttrs it then builtins.attrNames it else "a function") outputs;
    packages = lib.mapAttrs (_system: lib.mapAttrs (_name: package)) outputs.packages;
    checks = lib.mapAttrs (_system: lib.mapAttrs (_name: it: it.outPath)) outputs.checks;
    test = outputs.checks.x86_64-linux.service.test.name;
    shell = map (it: it.outPath) outputs.devShells.x86_64-linux.default.inputsFrom;
    overlay = (outputs.overlays.default pkgs { }).kinora.outPath;
    formatter = outputs.formatter.x86_64-linux.name;
  };
  good = lib.mapAttrs (_name: seen) cases.good;
  toml = lib.mapAttrs (_name: file) cases.good;
  bad = lib.mapAttrs (_name: it: [ (file it.case) (seen it.case) ]) cases.bad;
  words = lib.mapAttrs (_name: it: it.words) cases.bad;
}
