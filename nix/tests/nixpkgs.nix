# `import nixpkgs { }`, as far as the stub goes.
{
  system,
  config ? { },
}:
assert config == { } || config == { allowUnfree = true; };
(import ./stub.nix).packageSet system
