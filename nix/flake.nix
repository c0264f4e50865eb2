{
  description = "Kinora: subtitles for every video on your NAS, made on the NAS itself";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      each = make: lib.genAttrs systems (system: make system nixpkgs.legacyPackages.${system});
      # NVIDIA's toolkit is not free; nothing else is taken from here.
      unfree =
        system:
        import nixpkgs {
          inherit system;
          config.allowUnfree = true;
        };
    in
    {
      packages = each (
        system: pkgs: {
          default = pkgs.callPackage ./package.nix { };
          vulkan = pkgs.callPackage ./package.nix { variant = "vulkan"; };
          cuda = (unfree system).callPackage ./package.nix { variant = "cuda"; };
          # For processors without AVX2, such as many Celeron, Pentium and Atom ones.
          old-cpu = pkgs.callPackage ./package.nix { modernCpu = false; };
        }
      );

      overlays.default = final: _prev: { kinora = final.callPackage ./package.nix { }; };

      nixosModules.default =
        { lib, pkgs, ... }:
        {
          imports = [ ./module.nix ];
          services.kinora.package =
            lib.mkDefault
              self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };

      checks = each (
        system: pkgs: {
          package = self.packages.${system}.default;
          # A machine with the service, and a film that gets its subtitle.
          service = pkgs.testers.runNixOSTest (import ./tests/service.nix { module = self.nixosModules.default; });
        }
      );

      devShells = each (
        system: pkgs: {
          default = pkgs.mkShell {
            inputsFrom = [ self.packages.${system}.default ];
            packages = [
              pkgs.cargo
              pkgs.clippy
              pkgs.rustfmt
              pkgs.cargo-nextest
              pkgs.ffmpeg
            ];
          };
        }
      );

      formatter = each (_system: pkgs: pkgs.nixfmt-rfc-style);
    };
}
