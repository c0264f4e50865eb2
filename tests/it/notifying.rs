//! Messages on their way: to servers that behave and to those that do not, from the engine and from the command line.

use crate::house::{FAILED, GOOD, House, Ran, USAGE, finish};
use crate::support::ntfy::{Misdeed, Ntfy};
use kinora::base::secret::Secret;
use kinora::engines::notify::{Letter, Trouble, send};
use serde_json::Value;
use std::time::Duration;

const TOPIC: &str = "canary-topic-4711";
const KEY: &str = "tk_canary_key";

fn secret(text: &str) -> Secret {
    Secret(Some(text.to_owned()))
}

fn letter() -> Letter {
    let (title, text) = ("Kinora: 天气".to_owned(), "a file waits".to_owned());
    Letter::Ntfy { title, text, priority: 4, tags: vec!["warning", "hand"] }
}

fn sent_to(ntfy: &Ntfy) -> Result<(), Trouble> {
    send(&secret(&format!("{}/{TOPIC}", ntfy.url)), &secret(KEY), &letter())
}

#[test]
fn ntfy_gets_what_its_documentation_says() {
    let ntfy = Ntfy::start(Some(KEY));
    sent_to(&ntfy).expect("it is taken");
    let taken = ntfy.taken();
    let sent = &taken[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/canary-topic-4711"));
    for (name, value) in [
        ("title", "=?UTF-8?B?S2lub3JhOiDlpKnmsJQ=?="),
        ("priority", "4"),
        ("tags", "warning,hand"),
        ("authorization", "Bearer tk_canary_key"),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
    assert_eq!(sent.body, "a file waits");
}

/// What is tried again, what is not, and that neither the topic nor the key is in what is told of it.
#[test]
fn servers_that_misbehave_are_told_apart() {
    let ntfy = Ntfy::start(Some(KEY));
    let other = Ntfy::start(None);
    let answer = |status, headers, body: &str| Misdeed::Answer(status, headers, body.to_owned());
    let elsewhere: &'static str =
        Box::leak(format!("Location: {}/{TOPIC}\r\n", other.url).into_boxed_str());
    let again = |seconds: u64| Some(Some(Duration::from_secs(seconds)));
    for (misdeed, later, told) in [
        (answer(500, "", "<html>"), Some(None), "it answers 500"),
        (answer(503, "Retry-After: 7\r\n", ""), again(7), "it answers 503"),
        (
            answer(429, "Retry-After: 90\r\n", "{\"error\":\"limit reached\"}"),
            again(90),
            "429 (limit reached)",
        ),
        (answer(408, "", ""), Some(None), "it answers 408"),
        (Misdeed::Closes, Some(None), "broke off"),
        (answer(301, elsewhere, ""), None, "it answers 301; write the address it really has"),
        (answer(307, elsewhere, ""), None, "it answers 307"),
        (answer(401, "", ""), None, "check its key"),
        (answer(404, "", "[1"), None, "it answers 404; check its address"),
        (
            answer(400, "", "{\"message\":\"bad\\n\\u001b[31m thing\"}"),
            None,
            "400 (bad  [31m thing)",
        ),
        (answer(413, "", "{\"error\":7}"), None, "it answers 413; let it take longer messages"),
        (Misdeed::Endless, None, "it answers 403;"),
        (Misdeed::Repeats, None, "it answers 403 (POST /... HTTP/1.1"),
    ] {
        ntfy.misbehave([misdeed.clone()]);
        let trouble = sent_to(&ntfy).expect_err("it is not taken");
        let (after, why) = match trouble {
            Trouble::Later { why, after } => (Some(after), why),
            Trouble::Refused(fault) => (None, fault.to_string()),
        };
        assert_eq!(after, later, "{misdeed:?}: {why}");
        assert!(why.contains(told), "{misdeed:?}: {why}");
        for canary in [TOPIC, KEY] {
            assert!(!why.contains(canary), "{misdeed:?}: {why}");
        }
    }
    assert!(other.all().is_empty(), "a redirect is not followed");
    sent_to(&ntfy).expect("it is well again");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_long() {
    let ntfy = Ntfy::start(None);
    ntfy.misbehave([Misdeed::Hangs]);
    let trouble = sent_to(&ntfy).expect_err("it is not taken");
    assert_eq!(trouble, Trouble::Later { why: "did not answer in time".to_owned(), after: None });
}

fn kinora(house: &House, config: &str, line: &str) -> Ran {
    let file = house.aside("kinora.toml");
    std::fs::write(&file, config).unwrap();
    let mut command = house.dressed(env!("CARGO_BIN_EXE_kinora"));
    finish(command.arg("--config").arg(file).args(line.split(' ')))
}

#[test]
fn the_command_sends_a_test_to_everybody_and_tells_who_did_not_take_it() {
    let house = House::new();
    let (good, bad) = (Ntfy::start(Some(KEY)), Ntfy::start(None));
    bad.always(Some(Misdeed::Repeats));
    let key_file = house.aside("key");
    std::fs::write(&key_file, format!("{KEY}\n")).unwrap();
    let config = format!(
        "[[notify]]\nname = \"phone\"\nkind = \"ntfy\"\naddress = \"{}/{TOPIC}\"\nkey_file = \"{}\"\n\
         [[notify]]\nname = \"chat\"\nkind = \"webhook\"\naddress = \"{}/hook?token={KEY}\"\n\
         [[notify]]\nname = \"lamp\"\nkind = \"webhook\"\naddress = \"{}/lamp-1\"\n\
         template = '{{\"content\": {{{{ (title ~ \"\\n\" ~ text)|tojson }}}}}}'\n",
        good.url,
        key_file.display(),
        bad.url,
        Ntfy::start(None).url,
    );
    let ran = kinora(&house, &config, "notify test");
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.out.contains("good  phone (ntfy) took the message\n"), "{ran:?}");
    assert!(ran.out.contains("BAD   chat (webhook): it answers 403"), "{ran:?}");
    assert!(ran.out.contains("good  lamp (webhook)"), "{ran:?}");
    for canary in [TOPIC, KEY] {
        assert!(!format!("{ran:?}").contains(canary), "{ran:?}");
    }
    let taken = good.taken();
    assert_eq!(taken[0].header("title"), Some("Kinora: a test"));
    assert!(taken[0].body.contains("phone"), "{taken:?}");
    let body: Value = serde_json::from_str(&bad.all()[0].body).unwrap();
    assert_eq!(body["title"], "Kinora: a test");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));

    let ran = kinora(&house, &config, "notify test phone --json");
    assert_eq!(ran.code, Some(GOOD), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["tests"][0]["sent"], true, "{told}");
    assert_eq!(told["tests"].as_array().map(Vec::len), Some(1));

    let ran = kinora(&house, &config, "notify test fone");
    assert_eq!(ran.code, Some(FAILED), "{ran:?}");
    assert!(ran.err.contains("no [[notify]] has the name `fone`; do you mean `phone`?"), "{ran:?}");
    let ran = kinora(&house, "", "notify test");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(GOOD), "nobody is told; add [[notify]] to kinora.toml\n")
    );
}

#[test]
fn a_template_that_names_what_is_not_there_is_a_wrong_configuration() {
    let house = House::new();
    let config = "[[notify]]\nname = \"chat\"\nkind = \"webhook\"\naddress = \"http://127.0.0.1:1/\"\n\
                  template = \"{{ titel }}\"\n";
    let ran = kinora(&house, config, "notify test");
    assert_eq!(ran.code, Some(USAGE), "{ran:?}");
    assert!(ran.err.contains("line 1: it names what no message has"), "{ran:?}");
}
