# A machine that has the service and one film: its subtitle appears, the health is good, and it ends in order.
{ module }:
{
  name = "kinora";
  nodes.machine = {
    imports = [ module ];
    virtualisation.memorySize = 2048;
    systemd.tmpfiles.settings."10-media"."/srv/films".d = {
      user = "kinora";
      group = "kinora";
      mode = "2775";
    };
    services.kinora = {
      enable = true;
      settings.serve.stable = "0s";
      settings.library = [
        {
          name = "Films";
          path = "/srv/films";
        }
      ];
    };
  };
  testScript = ''
    machine.wait_for_unit("kinora.service")
    machine.wait_for_open_port(8710)
    machine.copy_from_host("${../../assets/jfk.wav}", "/srv/films/jfk.wav")
    machine.wait_until_succeeds("grep -qi 'what your country can do for you' /srv/films/jfk.*.srt")
    machine.succeed("kinora status")
    machine.succeed("systemctl stop kinora.service")
    machine.fail("kinora status")
  '';
}
