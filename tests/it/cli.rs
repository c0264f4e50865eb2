//! The command line as a shell sees it: exit codes, streams, help. What a run does is tested elsewhere.

use crate::house::there_is;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Kinora with a configuration of its own, whatever this machine has.
fn kinora(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinora"));
    command.args(args).stdin(Stdio::null());
    for name in ["KINORA_CONFIG", "STATE_DIRECTORY", "XDG_CONFIG_HOME", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let home = env!("CARGO_TARGET_TMPDIR");
    command.env("KINORA__LISTEN__THREADS", "1");
    command.env("HOME", home).env("KINORA__DATA_DIR", format!("{home}/kinora"));
    command
}

fn output(args: &[&str]) -> Output {
    kinora(args).output().expect("kinora starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_was_wrong() {
    for (args, said) in [
        (&[][..], "Usage: kinora"),
        (&["frobnicate"], "frobnicate"),
        (&["run"], "<PATH>"),
        (&["run", "--to", "klingonish", "a.mkv"], "klingonish"),
        (&["run", "--from", "12", "a.mkv"], "is no language"),
        (&["run", "--format", "sub", "a.mkv"], "srt, vtt, ass"),
        (&["run", "--track", "first", "a.mkv"], "--track"),
        (&["explain", "--quickly", "a.mkv"], "--quickly"),
        (&["models", "pull"], "<NAME>"),
        (&["jobs"], "Usage: kinora jobs"),
        (&["jobs", "retry"], "<ID>"),
        (&["jobs", "pause", "1", "--lane", "cpu"], "--lane"),
        (&["jobs", "list", "--status", "lost"], "parked"),
        (&["jobs", "move", "1", "sideways"], "write top, bottom, up, down, or a priority"),
        (&["jobs", "show", "first"], "first"),
        (&["check", "--force"], "--force"),
        (&["serve", "/films"], "/films"),
        (&["completions", "tcsh"], "bash"),
        (&["engine", "steam"], "steam"),
        (&["doctor", "--config", "/no/such/kinora.toml"], "/no/such/kinora.toml"),
        (&["--config", "/no/such/kinora.toml", "models", "list"], "/no/such/kinora.toml"),
    ] {
        let ended = output(args);
        let stderr = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?} should say {said:?}: {stderr}");
        assert!(ended.stdout.is_empty(), "{args:?} prints nothing for scripts");
    }
}

#[test]
fn help_is_an_answer_not_an_error() {
    for args in [&["--help"][..], &["-h"], &["run", "--help"], &["jobs", "move", "--help"]] {
        let ended = output(args);
        assert_eq!(ended.status.code(), Some(0), "{args:?}");
        assert!(text(&ended.stdout).contains("Usage: kinora"), "{args:?}");
        assert!(ended.stderr.is_empty(), "{args:?}");
    }
    let help = text(&output(&["--help"]).stdout);
    for word in [
        "run",
        "explain",
        "serve",
        "status",
        "jobs",
        "glossary",
        "scan",
        "check",
        "config",
        "models",
        "doctor",
        "completions",
        "--config",
        "Exit codes",
    ] {
        assert!(help.contains(word), "the help names {word}");
    }
    for command in ["run", "serve", "jobs", "glossary", "scan", "check", "config"] {
        let help = text(&output(&[command, "--help"]).stdout);
        assert!(help.contains("Examples:"), "{command} --help shows how it is used");
    }
    assert!(!help.contains("engine"), "engines are nobody's command");
    assert!(text(&output(&["--version"]).stdout).starts_with("kinora "));
}

#[test]
fn every_flag_explains_itself() {
    for command in ["run", "explain"] {
        let help = text(&output(&[command, "--help"]).stdout);
        for flag in ["--to", "--from", "--model", "--format", "--output", "--track", "--prompt"] {
            assert!(help.contains(flag), "{command} --help names {flag}");
        }
    }
}

#[test]
fn where_no_service_runs_its_clients_say_so() {
    // Nobody can listen on port 9 of this machine without being asked to.
    for args in [
        &["status"][..],
        &["status", "--json"],
        &["jobs", "list"],
        &["jobs", "show", "1", "--log"],
        &["jobs", "retry", "--all"],
        &["jobs", "pause", "--lane", "cpu"],
        &["scan"],
    ] {
        let ended = kinora(args).env("KINORA__HTTP__LISTEN", "127.0.0.1:9").output();
        let ended = ended.expect("kinora starts");
        let stderr = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("start it with `kinora serve`"), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{args:?}: one sentence: {stderr}");
        assert!(ended.stdout.is_empty(), "{args:?} prints nothing for scripts");
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = output(&["completions", shell]);
        assert_eq!(ended.status.code(), Some(0), "{shell}");
        for word in ["explain", "serve", "resume"] {
            assert!(text(&ended.stdout).contains(word), "{shell} {word}");
        }
    }
}

#[test]
fn the_manual_has_a_page_for_each_command_and_its_formatter_likes_them() {
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("man1");
    let ended = output(&["man", "--out", man.to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    let pages: Vec<PathBuf> =
        std::fs::read_dir(&man).unwrap().map(|it| it.unwrap().path()).collect();
    for name in ["kinora.1", "kinora-run.1", "kinora-jobs-retry.1", "kinora-models-pull.1"] {
        assert!(pages.contains(&man.join(name)), "{name} of {pages:?}");
    }
    assert_eq!(output(&["man"]).stdout, std::fs::read(man.join("kinora.1")).unwrap());
    let bad = folder.path().join("kinora.toml");
    std::fs::write(&bad, "").unwrap();
    let ended = output(&["man", "--out", bad.join("man1").to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(1), "a file is no folder");
    if !there_is("groff") {
        return;
    }
    for page in pages {
        let mut groff = Command::new("groff");
        let said =
            groff.args(["-man", "-Kutf8", "-Tutf8", "-ww", "-z"]).arg(&page).output().unwrap();
        assert!(
            said.status.success() && said.stderr.is_empty(),
            "{page:?}: {}",
            text(&said.stderr)
        );
    }
}

#[test]
fn a_reader_who_leaves_is_no_failure() {
    for args in [&["completions", "bash"][..], &["--help"]] {
        let mut child = kinora(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kinora starts");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("kinora ends");
        assert_eq!(ended.status.code(), Some(0), "{args:?}: {}", text(&ended.stderr));
        assert!(ended.stderr.is_empty(), "{args:?}: {}", text(&ended.stderr));
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure_that_says_so() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let ended = kinora(&["completions", "bash"]).stdout(full).output().expect("kinora starts");
    assert_eq!(ended.status.code(), Some(1));
    assert!(text(&ended.stderr).contains("could not be written"));
}

#[test]
fn there_is_no_colour_where_there_is_no_terminal() {
    for args in [&["--help"][..], &["run"], &["doctor"], &["models", "list"]] {
        let ended = output(args);
        for stream in [&ended.stdout, &ended.stderr] {
            let odd = text(stream).chars().find(|it| it.is_control() && *it != '\n');
            assert_eq!(odd, None, "{args:?}");
        }
    }
}

#[test]
fn doctor_and_models_speak_json() {
    for args in [&["doctor", "--json"][..], &["models", "list", "--json"]] {
        for line in text(&output(args).stdout).lines() {
            let value: Result<serde_json::Value, _> = serde_json::from_str(line);
            assert!(value.is_ok_and(|it| it.is_object()), "{args:?}: {line}");
        }
    }
}
