//! `cloud = false`: nothing of a library's files goes to a server outside of the home network. The server outside
//! stands at 0.0.0.0, which is this machine, and no address of a home network.

use super::support::*;
use crate::support::llm::said::MODEL;
use crate::support::llm::{Script, Server};
use std::net::TcpListener;
use std::process::Command;

const FILE: &str = "1\n00:00:01,000 --> 00:00:03,500\nWhere is the captain of this ship?\n\n";

/// As a server outside would be called.
fn outside(url: &str) -> String {
    url.replace("127.0.0.1", "0.0.0.0")
}

fn translator(name: &str, url: &str) -> String {
    format!(
        "[[translator]]\nname = \"{name}\"\nkind = \"openai\"\nurl = \"{url}/v1\"\nmodel = \"{MODEL}\"\n"
    )
}

struct Street {
    house: House,
    cloud: Server,
    home: Server,
    metadata: TcpListener,
}

impl Street {
    fn new() -> Street {
        let metadata = TcpListener::bind("127.0.0.1:0").unwrap();
        metadata.set_nonblocking(true).unwrap();
        let (cloud, home) = (Server::start(Script::good()), Server::start(Script::good()));
        Street { house: House::new(), cloud, home, metadata }
    }

    /// Translates a subtitle file in a library that says this.
    fn translate(&self, cloud: bool, names: &str, more: &str) -> Ran {
        let text = format!(
            "[translate]\ntranslators = [{names}]\n[metadata]\nbangumi = true\nbangumi_url = \"{}\"\n{}{}\
             [[library]]\nname = \"Films\"\npath = \"{}\"\ncloud = {cloud}\n{more}",
            outside(&format!("http://{}", self.metadata.local_addr().unwrap())),
            translator("cloud", &outside(&self.cloud.url())),
            translator("home", &self.home.url()),
            self.house.films().display(),
        );
        let config = self.house.aside("kinora.toml");
        std::fs::write(&config, text).unwrap();
        let file = self.house.write("Film.en.srt", FILE.as_bytes());
        let mut command: Command = self.house.command("--to ru --json --force", &[&file]);
        finish(command.env("KINORA_CONFIG", config))
    }

    fn asked(&self) -> (usize, usize) {
        (self.cloud.tally().requests, self.home.tally().requests)
    }
}

#[test]
fn who_is_outside_is_asked_only_where_the_library_lets_it() {
    let street = Street::new();
    let ran = street.translate(false, "\"cloud\", \"home\"", "");
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let (cloud, home) = street.asked();
    assert!(cloud == 0 && home > 0, "{cloud} {home}");
    assert!(street.metadata.accept().is_err(), "a database of films was asked");
    // It could have been asked.
    let ran = street.translate(true, "\"cloud\", \"home\"", "");
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    assert!(street.asked().0 > 0, "{ran:?}");
}

#[test]
fn where_nobody_is_left_nothing_leaves_and_it_is_told() {
    let street = Street::new();
    let ran = street.translate(false, "\"cloud\"", "");
    assert_ne!(ran.code, Some(GOOD), "{ran:?}");
    assert_eq!(street.asked(), (0, 0));
    // A library that names only such is a mistake, told before anything is done.
    let ran = street.translate(false, "\"home\"", "translators = [\"cloud\"]\n");
    assert_eq!(ran.code, Some(USAGE), "{ran:?}");
    let told = format!("{ran:?}");
    assert!(told.contains("library `Films` says cloud = false"), "{told}");
    assert_eq!(street.asked(), (0, 0));
}

#[test]
fn explain_tells_who_is_not_asked() {
    let street = Street::new();
    street.translate(false, "\"cloud\", \"home\"", "");
    let film = street.house.speech("Heat.mkv");
    let mut command = street.house.dressed(env!("CARGO_BIN_EXE_kinora"));
    command.arg("explain").arg(film).env("KINORA_CONFIG", street.house.aside("kinora.toml"));
    let ran = finish(&mut command);
    let told = format!("{ran:?}");
    assert!(told.contains("nothing of it leaves the home network (cloud = false)"), "{told}");
    assert!(told.contains("not asked are cloud"), "{told}");
    assert_eq!(street.asked().0, 0);
}
