# Settings as owners write them: what must work, and what must be refused, with words of the reason.
let
  library = [
    {
      name = "Films";
      path = "/media/films";
    }
  ];
  on = more: { enable = true; } // more;
in
{
  good = {
    # The least that somebody writes.
    least = on { settings.library = library; };

    # All that the module knows by name, and much that only Kinora knows.
    full = on {
      user = "media";
      group = "media";
      extraGroups = [ "render" ];
      openFirewall = true;
      dataDir = "/tank/kinora";
      accelerationDevices = [
        "char-drm"
        "/dev/nvidia0"
      ];
      environmentFile = "/run/secrets/kinora.env";
      credentials = {
        KINORA__JELLYFIN__KEY = "/run/secrets/jellyfin";
        deepseek = "/run/secrets/deepseek";
        ntfy = "/run/secrets/ntfy";
      };
      settings = {
        backup = {
          folder = "/tank/backups";
          second_folder = "/mnt/usb/kinora";
          keep_days = 60;
        };
        notify = [
          {
            name = "phone";
            kind = "ntfy";
            address_file = "/run/credentials/kinora.service/ntfy";
          }
        ];
        to = [
          "en"
          "zh-Hans"
        ];
        subtitle_mode = "reference";
        http = {
          listen = "0.0.0.0:9000";
          trusted_networks = [ "192.168.1.0/24" ];
          hosts = [ "nas.home" ];
        };
        jellyfin = {
          url = "http://127.0.0.1:8096";
          paths = [
            {
              here = "/media";
              there = "/data";
            }
          ];
        };
        listen.prefer_langs = [
          "ja"
          "en"
        ];
        lanes.schedule.cpu = [
          "01:00-07:00"
          "sat-sun 00:00-24:00"
        ];
        serve = {
          drain = "2m";
          scan_interval = "30m";
          watch = true;
        };
        translate.batch_lines = 30;
        translator = [
          {
            name = "provider";
            kind = "openai";
            url = "https://api.deepseek.com/v1";
            model = "deepseek-chat";
            key_file = "/run/credentials/kinora.service/deepseek";
            temperature = 0.5;
          }
        ];
        library = library ++ [
          {
            name = "Anime \"quoted\"";
            path = "/home/anna/anime";
            from = "ja";
            to = [ "zh-Hans" ];
            exclude = [ "**/Extras/**" ];
            subtitle_mode = "ignore";
          }
        ];
      };
    };

    # Folders said apart from libraries, as where a library is a part of what may be written.
    folders = on {
      mediaDirs = [ "/media" ];
      settings.library = library;
    };

    # Nothing said: it runs, and the owner is warned; a port that is opened for nobody, too.
    nothing = on { openFirewall = true; };
  };

  bad = {
    number = {
      case = on { settings.http.listen = 8710; };
      words = "settings.http.listen' is not of type";
    };
    port = {
      case = on { settings.http.listen = "0.0.0.0"; };
      words = "settings.http.listen' is not of type";
    };
    null = {
      case = on { settings.output.label = null; };
      words = "settings.output' is not of type `TOML value'";
    };
    function = {
      case = on { settings.listen.model = name: name; };
      words = "settings.listen' is not of type `TOML value'";
    };
    mode = {
      case = on { settings.subtitle_mode = "reuse"; };
      words = "settings.subtitle_mode' is not of type";
    };
    path = {
      case = on { settings.library = [ { name = "Films"; path = "films"; } ]; };
      words = "library.[0].path' is not of type";
    };
    nameless = {
      case = on { settings.library = [ { path = "/films"; } ]; };
      words = "library.[0].name' is used but not defined";
    };
    drain = {
      case = on { settings.serve.drain = "half a minute"; };
      words = "settings.serve.drain' is not of type";
    };
    option = {
      case = on { mediaDir = "/media"; };
      words = "services.kinora.mediaDir' does not exist";
    };
    literal = {
      case = on { environmentFile = ./cases.nix; };
      words = "environmentFile' is not of type";
    };
    store = {
      case = on { environmentFile = "/nix/store/abc-secret"; };
      words = "must lie outside of the store";
    };
    credential = {
      case = on { credentials.KINORA__JELLYFIN__KEY = "/nix/store/abc-secret"; };
      words = "must lie outside of the store";
    };
    key = {
      case = on {
        settings.jellyfin = {
          url = "http://127.0.0.1:8096";
          key = "abc";
        };
      };
      words = "jellyfin.key would lie in the store";
    };
    translatorKey = {
      case = on {
        settings.translator = [
          {
            name = "provider";
            kind = "openai";
            key = "abc";
          }
        ];
      };
      words = "translator.key would lie in the store";
    };
    data = {
      case = on { settings.data_dir = "/elsewhere"; };
      words = "say where data lies with dataDir";
    };
  };
}
