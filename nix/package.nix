# Kinora as a package: the program, and the weights that come with it. `variant` is what listens beside the processor:
# "cpu" for nothing, "vulkan" or "cuda". The last two were never built by the authors.
{
  lib,
  rustPlatform,
  cmake,
  pkg-config,
  ffmpeg-headless,
  installShellFiles,
  shaderc,
  vulkan-headers,
  vulkan-loader,
  cudaPackages,
  autoAddDriverRunpath,
  variant ? "cpu",
  modernCpu ? true,
}:
assert lib.assertOneOf "variant" variant [
  "cpu"
  "vulkan"
  "cuda"
];
let
  manifest = lib.importTOML ../Cargo.toml;
  isVulkan = variant == "vulkan";
  isCuda = variant == "cuda";
  build =
    if isCuda then
      rustPlatform.buildRustPackage.override { stdenv = cudaPackages.backendStdenv; }
    else
      rustPlatform.buildRustPackage;
  # What packaging/try.sh sets for processors without AVX2.
  oldCpu = lib.genAttrs [
    "GGML_AVX"
    "GGML_AVX2"
    "GGML_FMA"
    "GGML_F16C"
    "GGML_BMI2"
  ] (_name: "OFF");
in
build {
  pname = if variant == "cpu" then "kinora" else "kinora-${variant}";
  inherit (manifest.package) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.cargo
      ../Cargo.lock
      ../Cargo.toml
      ../LICENSE
      ../assets/jfk.wav
      ../benches
      ../models
      ../src
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  nativeBuildInputs = [
    cmake
    pkg-config
    installShellFiles
    rustPlatform.bindgenHook
  ]
  ++ lib.optional isVulkan shaderc
  ++ lib.optionals isCuda [
    cudaPackages.cuda_nvcc
    autoAddDriverRunpath
  ];
  buildInputs = [
    ffmpeg-headless
  ]
  ++ lib.optionals isVulkan [
    vulkan-headers
    vulkan-loader
  ]
  ++ lib.optionals isCuda [
    cudaPackages.cuda_cudart
    cudaPackages.cuda_cccl
    cudaPackages.libcublas
  ];
  buildFeatures = lib.optional (variant != "cpu") variant;

  # Cargo calls cmake where it is needed.
  dontUseCmakeConfigure = true;
  # As in .cargo/config.toml, which the vendoring of crates may replace.
  env = {
    GGML_NATIVE = "OFF";
    GGML_LLAMAFILE = "ON";
  }
  // lib.optionalAttrs (!modernCpu) oldCpu;

  # The tests want real media, a terminal and minutes; packaging/test.sh runs them.
  doCheck = false;

  postInstall = ''
    install -Dm644 -t $out/share/kinora/models models/*
  ''
  # With CUDA it starts only where the driver is, which is not here.
  + lib.optionalString (!isCuda) ''
    for shell in bash fish zsh; do
      $out/bin/kinora completions $shell >completion.$shell
      installShellCompletion --cmd kinora --$shell completion.$shell
    done
  '';

  doInstallCheck = !isCuda;
  # It is heard, not only linked: weights, FFmpeg and ggml are all asked.
  installCheckPhase = ''
    runHook preInstallCheck
    export HOME=$TMPDIR
    $out/bin/kinora run --output "$TMPDIR/heard" assets/jfk.wav
    grep -qi 'what your country can do for you' "$TMPDIR"/heard/*.srt
    runHook postInstallCheck
  '';

  meta = {
    inherit (manifest.package) description;
    license = lib.licenses.mit;
    mainProgram = "kinora";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
