//! Secrets of every kind, in a daemon that logs everything and talks to servers that repeat what they are sent: none
//! shows up anywhere that is written or answered.

use super::support::*;
use crate::support::ntfy::{Misdeed, Ntfy};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

const CANARIES: [(&str, &str); 9] = [
    ("the token", "canary-token-9f2c41d0"),
    ("the webhooks' secret", "canary-hook-77ab03ee"),
    ("Jellyfin's key", "canary-jelly-51d0c8aa"),
    ("the translator's key", "sk-canary-model-e1f2"),
    ("TheMovieDB's key", "canary-tmdb-0c0ffee0"),
    ("ntfy's topic", "canary-topic-8d8d8d8d"),
    ("ntfy's key", "tk_canary_ntfy_4444"),
    ("the webhook's address", "canary-address-1b1b1b"),
    ("the webhook's key", "canary-bearer-2c2c2c2c"),
];

fn canary(what: &str) -> &'static str {
    CANARIES.iter().find(|it| it.0 == what).unwrap().1
}

fn config(house: &House, server: &str) -> String {
    let file = |name: &str, what: &str| {
        let path = house.aside(name);
        std::fs::write(&path, canary(what)).unwrap();
        path.display().to_string()
    };
    format!(
        "to = [\"de\"]\n[jellyfin]\nurl = \"{server}\"\nkey_file = \"{}\"\n\
         [metadata]\ntmdb_key = \"{}\"\ntmdb_url = \"{server}\"\nbangumi = true\nbangumi_url = \"{server}\"\n\
         [translate]\ntranslators = [\"lan\"]\n\
         [[translator]]\nname = \"lan\"\nkind = \"openai\"\nurl = \"{server}/v1\"\nmodel = \"m\"\nkey = \"{}\"\n\
         [[notify]]\nname = \"phone\"\nkind = \"ntfy\"\naddress = \"{server}/{}\"\nkey_file = \"{}\"\ngather = \"0s\"\n\
         [[notify]]\nname = \"chat\"\nkind = \"webhook\"\naddress_file = \"{}\"\nkey = \"{}\"\ngather = \"0s\"\n",
        file("jelly-key", "Jellyfin's key"),
        canary("TheMovieDB's key"),
        canary("the translator's key"),
        canary("ntfy's topic"),
        file("ntfy-key", "ntfy's key"),
        {
            let path = house.aside("chat-address");
            let address = format!("{server}/hook/{0}?token={0}", canary("the webhook's address"));
            std::fs::write(&path, address).unwrap();
            path.display().to_string()
        },
        canary("the webhook's key"),
    )
}

/// The whole answer to a request that is none of the document.
fn raw(daemon: &Daemon, head: &str) -> String {
    let mut stream = TcpStream::connect(daemon.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let text = format!(
        "{head}\r\nHost: {}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}",
        daemon.addr
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

#[test]
fn no_secret_shows_up_in_anything_that_is_written_or_answered() {
    let house = House::new();
    let server = Ntfy::start(None);
    server.always(Some(Misdeed::Repeats));
    let config = config(&house, &server.url);
    let (token_file, hook_file) = (house.aside("the-token"), house.aside("the-secret"));
    std::fs::write(&token_file, canary("the token")).unwrap();
    std::fs::write(&hook_file, canary("the webhooks' secret")).unwrap();
    let env = [
        ("KINORA__SERVE__LOG", "trace".to_owned()),
        ("KINORA__HTTP__TOKEN_FILE", token_file.display().to_string()),
        ("KINORA__HTTP__WEBHOOK_SECRET_FILE", hook_file.display().to_string()),
    ];
    house.speech("Heat (1995).mkv");
    house.write("broken.mkv", b"no film");
    let daemon = house.serve(&Setup { config: &config, env: &env, ..Setup::default() });
    wait_for("a job of each file", || (daemon.jobs().len() == 2).then_some(()));
    // As its friends ask, with secrets where they put them, right ones and wrong ones.
    let (token, hook) = (canary("the token"), canary("the webhooks' secret"));
    let mut answers: Vec<String> = [
        format!("GET /status HTTP/1.1\r\nAuthorization: Bearer {token}"),
        format!("GET /api/v1/jobs HTTP/1.1\r\nAuthorization: Bearer {token}x"),
        format!("GET /status?token={token} HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9"),
        format!("GET /nowhere?token={token} HTTP/1.1"),
        format!("POST /webhook/jellyfin/{hook} HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9"),
        format!("POST /webhook/sonarr/{hook}x HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9"),
        format!("POST /webhook/radarr HTTP/1.1\r\nX-Kinora-Secret: {hook}"),
        format!("POST /v1/audio/transcriptions HTTP/1.1\r\nAuthorization: Bearer {token}"),
        format!("POST /api/v1/settings HTTP/1.1\r\nAuthorization: Bearer {token}"),
    ]
    .iter()
    .map(|it| raw(&daemon, it))
    .collect();
    wait_for("the messages to be refused", || {
        (daemon.said().matches("could not be told").count() >= 2).then_some(())
    });
    let asked = |part: &str| server.all().iter().any(|it| format!("{it:?}").contains(part));
    // All that are meant for servers came there.
    for (what, canary) in &CANARIES[2..] {
        wait_for(what, || asked(canary).then_some(()));
    }
    for path in [
        "/status",
        "/health/extended",
        "/api/v1/jobs",
        "/api/v1/jobs/1",
        "/api/v1/jobs/2",
        "/api/v1/jobs/1/log",
        "/api/v1/jobs/2/log",
        "/api/v1/activity",
        "/api/v1/logs?limit=1000",
        "/api/v1/settings",
        "/api/v1/workers",
        "/metrics",
        "/api/v1/models",
    ] {
        answers.push(format!("{path}\n{}", daemon.get(path).1));
    }
    let check = finish(kinora(&house, "config show").envs(env.clone()));
    answers.push(format!("config show\n{check:?}"));
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("TRACE") && said.contains("DEBUG"), "everything is logged");
    answers.push(format!("standard error\n{said}"));
    let mut written = Vec::new();
    files(&house.aside("data"), &mut written);
    for path in written {
        let bytes = std::fs::read(&path).unwrap();
        answers.push(format!("{}\n{}", path.display(), String::from_utf8_lossy(&bytes)));
    }
    for (what, canary) in CANARIES {
        for answer in &answers {
            let place = answer.lines().next().unwrap_or_default();
            let line = answer.lines().find(|it| it.contains(canary));
            assert_eq!(line, None, "{what} in {place}");
        }
    }
}
