# Kinora as a service of NixOS. What its options say becomes /etc/kinora/kinora.toml, so `kinora status` and the other
# commands find the service by themselves. The unit is that of packaging/systemd/kinora.service, but for what NixOS knows
# better: which folders the libraries are, and so what else may be read-only.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.kinora;
  format = pkgs.formats.toml { };
  defaultDataDir = "/var/lib/kinora";
  credentialsDir = "/run/credentials/kinora.service";

  # TOML has no null: what nobody said is left out.
  said =
    value:
    if builtins.isAttrs value then
      lib.mapAttrs (_name: said) (lib.filterAttrs (_name: it: it != null) value)
    else if builtins.isList value then
      map said value
    else
      value;
  settings = said cfg.settings;
  configFile = format.generate "kinora.toml" settings;

  # Files outside of the store, as text: a path without quotes would be copied into the store, for all to read.
  secretFile = types.nullOr types.str;
  inStore = path: lib.hasPrefix builtins.storeDir path;
  secretFiles = lib.attrValues cfg.credentials ++ lib.optional (cfg.environmentFile != null) cfg.environmentFile;

  # Keys in plain words, which the store would show to everybody on this machine.
  keyed = where: it: lib.optional (it ? key) "${where}.key";
  plainKeys =
    keyed "jellyfin" (settings.jellyfin or { })
    ++ lib.optional ((settings.metadata or { }) ? tmdb_key) "metadata.tmdb_key"
    ++ lib.concatMap (keyed "translator") (settings.translator or [ ])
    ++ lib.concatMap (keyed "notify") (settings.notify or [ ]);

  # An option of the file, that is left out where nobody says anything.
  maybe =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };
  language = types.strMatching "[A-Za-z0-9-]+";
  absolute = types.strMatching "/.*";
  subtitleMode = types.enum [
    "ignore"
    "reference"
    "reuse_if_good"
  ];

  # Seconds in "90s", "10m", "1h", "2d".
  seconds =
    text:
    let
      parts = builtins.match "([0-9]+) *(s|m|h|d)" text;
      factor = {
        s = 1;
        m = 60;
        h = 3600;
        d = 86400;
      };
    in
    lib.toInt (builtins.elemAt parts 0) * factor.${builtins.elemAt parts 1};

  port = lib.toInt (lib.last (lib.splitString ":" settings.http.listen));
  onlyHere = lib.hasPrefix "127." settings.http.listen || lib.hasPrefix "[::1]" settings.http.listen;

  backup = settings.backup or { };
  writable =
    cfg.mediaDirs
    ++ lib.optional (cfg.dataDir != defaultDataDir) cfg.dataDir
    ++ lib.optional (backup ? folder) backup.folder
    ++ lib.optional (backup ? second_folder) backup.second_folder;
  isHome = path: lib.any (it: path == it || lib.hasPrefix "${it}/" path) [ "/home" "/root" "/run/user" ];
  homes = lib.filter isHome writable;
  hasGpu = cfg.accelerationDevices != [ ];
in
{
  options.services.kinora = {
    enable = lib.mkEnableOption "Kinora, subtitles for the videos of this machine";
    package = lib.mkPackageOption pkgs "kinora" { };

    user = mkOption {
      type = types.str;
      default = "kinora";
      description = "Who it runs as. It must be able to read the videos and write beside them; made where it is `kinora`.";
    };
    group = mkOption {
      type = types.str;
      default = "kinora";
      example = "media";
      description = "Its group: the one that may write into the libraries. Made where it is `kinora`.";
    };
    extraGroups = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "render" ];
      description = "Further groups, such as that of other media folders, or of a GPU.";
    };
    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Opens the port of `settings.http.listen` in the firewall.";
    };
    dataDir = mkOption {
      type = absolute;
      default = defaultDataDir;
      description = "Where it keeps what it remembers. On a disk of this machine, not on a network share.";
    };
    mediaDirs = mkOption {
      type = types.listOf absolute;
      default = map (it: it.path) cfg.settings.library;
      defaultText = lib.literalMD "the folders of `settings.library`";
      example = [ "/media" ];
      description = "Folders that it may write into; all others are read-only for it.";
    };
    accelerationDevices = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "char-drm" ];
      description = ''
        Devices of GPUs that it may use: `char-drm` for Intel and AMD, `char-nvidia`, `char-nvidiactl` and
        `char-nvidia-uvm` for NVIDIA, or paths such as `/dev/dri/renderD128`. The package must be built for them.
      '';
    };
    environmentFile = mkOption {
      type = secretFile;
      default = null;
      example = "/run/secrets/kinora.env";
      description = "A file with variables such as `KINORA__JELLYFIN__KEY=...`, outside of the store; they beat `settings`.";
    };
    credentials = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        KINORA__JELLYFIN__KEY = "/run/secrets/jellyfin";
        deepseek = "/run/secrets/deepseek";
      };
      description = ''
        Files with secrets, outside of the store, that only root needs to be able to read. One named as a setting's
        variable is that setting; any other can be named in `settings`, as
        `key_file = "${credentialsDir}/deepseek"`.
      '';
    };

    settings = mkOption {
      default = { };
      description = "What goes into kinora.toml; `kinora config default` prints every key there is.";
      type = types.submodule {
        freeformType = format.type;
        options = {
          data_dir = mkOption {
            type = absolute;
            default = cfg.dataDir;
            defaultText = lib.literalExpression "config.services.kinora.dataDir";
            internal = true;
            description = "Said by `services.kinora.dataDir`.";
          };
          to = mkOption {
            type = types.listOf language;
            default = [ ];
            example = [
              "en"
              "zh-Hans"
            ];
            description = "Languages wanted; without them, the one that is spoken.";
          };
          subtitle_mode = maybe subtitleMode "What subtitles that are there already count for.";
          http.listen = mkOption {
            type = types.strMatching ".+:[0-9]+";
            default = "127.0.0.1:8710";
            example = "0.0.0.0:8710";
            description = "Where it answers. Other machines need the token in `dataDir`/token.";
          };
          http.trusted_networks = mkOption {
            type = types.listOf types.str;
            default = [ ];
            example = [ "192.168.1.0/24" ];
            description = "Networks whose machines need no token for webhooks and what other tools ask.";
          };
          jellyfin.url = maybe types.str "Where Jellyfin is, such as `http://127.0.0.1:8096`.";
          jellyfin.key_file = maybe absolute "The file with its API key; `credentials.KINORA__JELLYFIN__KEY` is better.";
          serve.drain = mkOption {
            type = types.strMatching "[0-9]+ *(s|m|h|d)";
            default = "30s";
            description = "What running steps get when the service ends.";
          };
          library = mkOption {
            default = [ ];
            description = "Folders whose videos get subtitles.";
            type = types.listOf (
              types.submodule {
                freeformType = format.type;
                options = {
                  name = mkOption {
                    type = types.str;
                    description = "What you call it.";
                  };
                  path = mkOption {
                    type = absolute;
                    description = "Its folder.";
                  };
                  to = maybe (types.listOf language) "Languages wanted here.";
                  from = maybe language "Which language is spoken; without it, it is found out.";
                  subtitle_mode = maybe subtitleMode "What subtitles that are there already count for here.";
                };
              }
            );
          };
        };
      };
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = !lib.any inStore secretFiles;
        message = "services.kinora: environmentFile and credentials must lie outside of the store, where everybody may read; name the file as text, such as \"/run/secrets/kinora\".";
      }
      {
        assertion = plainKeys == [ ];
        message = "services.kinora.settings: ${lib.concatStringsSep ", " plainKeys} would lie in the store for everybody to read; use services.kinora.credentials, or key_file.";
      }
      {
        assertion = settings.data_dir == cfg.dataDir;
        message = "services.kinora: say where data lies with dataDir, not with settings.data_dir.";
      }
    ];
    warnings =
      lib.optional (cfg.openFirewall && onlyHere)
        "services.kinora.openFirewall opens a port on which nobody listens: settings.http.listen is ${settings.http.listen}."
      ++ lib.optional (settings.library == [ ]) "services.kinora.settings.library is empty: Kinora looks through nothing.";

    environment.systemPackages = [ cfg.package ];
    environment.etc."kinora/kinora.toml".source = configFile;
    networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall [ port ];

    users.users = mkIf (cfg.user == "kinora") {
      kinora = {
        isSystemUser = true;
        inherit (cfg) group;
        home = cfg.dataDir;
      };
    };
    users.groups = mkIf (cfg.group == "kinora") { kinora = { }; };

    systemd.tmpfiles.settings = mkIf (cfg.dataDir != defaultDataDir) {
      "10-kinora".${cfg.dataDir}.d = {
        inherit (cfg) user group;
        mode = "0750";
      };
    };

    systemd.services.kinora = {
      description = "Kinora, subtitles for the videos of this machine";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [
        "network-online.target"
        "nss-lookup.target"
        "remote-fs.target"
      ];
      restartTriggers = [ configFile ];
      # A secret named as a variable is that variable, read from its file.
      environment = lib.mapAttrs' (name: _path: lib.nameValuePair "FILE__${name}" "${credentialsDir}/${name}") (
        lib.filterAttrs (name: _path: lib.hasPrefix "KINORA__" name) cfg.credentials
      );
      unitConfig = {
        # Disks that are not there do not keep it from starting: it waits for them.
        WantsMountsFor = writable;
        # Five ends within ten minutes, and a person has to look.
        StartLimitIntervalSec = "10min";
        StartLimitBurst = 5;
      };
      serviceConfig = {
        Type = "notify";
        ExecStart = "${lib.getExe cfg.package} serve";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        User = cfg.user;
        Group = cfg.group;
        SupplementaryGroups = cfg.extraGroups;
        UMask = "0002";
        StateDirectory = mkIf (cfg.dataDir == defaultDataDir) "kinora";
        StateDirectoryMode = "0750";
        WorkingDirectory = cfg.dataDir;
        EnvironmentFile = mkIf (cfg.environmentFile != null) cfg.environmentFile;
        LoadCredential = lib.mapAttrsToList (name: path: "${name}:${path}") cfg.credentials;

        # A store that was not closed is looked through before the service is ready.
        TimeoutStartSec = "15min";
        WatchdogSec = "2min";
        Restart = "on-failure";
        RestartSec = "5s";
        # A wrong configuration waits for a person.
        RestartPreventExitStatus = 2;
        # Kinora ends its engines itself; running steps have serve.drain, and this is longer.
        KillMode = "mixed";
        TimeoutStopSec = seconds settings.serve.drain + 30;
        OOMPolicy = "continue";
        # Films play while Kinora listens.
        CPUWeight = 20;
        IOWeight = 20;

        # It writes its data and its libraries, and nothing else; a folder that is not there yet is no mistake.
        ProtectSystem = "strict";
        ReadWritePaths = map (it: "-${it}") writable;
        # Of homes it sees the libraries in them, and nothing else.
        ProtectHome = "tmpfs";
        BindPaths = map (it: "-${it}") homes;
        PrivateTmp = true;
        PrivateMounts = true;
        # Drivers of GPUs compile programs while they run; without one, nothing here does.
        PrivateDevices = !hasGpu;
        DevicePolicy = "closed";
        DeviceAllow = map (it: "${it} rw") cfg.accelerationDevices;
        MemoryDenyWriteExecute = !hasGpu;
        RestrictAddressFamilies = [
          "AF_UNIX"
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
        ];
        SystemCallArchitectures = "native";
        # Giving a subtitle the group of its video is part of it.
        SystemCallFilter = [
          "@system-service"
          "~@privileged"
          "@chown"
        ];
        SystemCallErrorNumber = "EPERM";
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        NoNewPrivileges = true;
        LockPersonality = true;
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectProc = "invisible";
        RemoveIPC = true;
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
      };
    };
  };
}
