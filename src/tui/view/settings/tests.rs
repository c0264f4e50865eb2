//! The page of settings on a stage: in every situation, and each of its acts.

use super::{Answer, Ask};
use crate::api::catalog::{SettingKey, SettingOrigin, SettingsView};
use crate::api::run::Fault;
use crate::tui::ask::{Answer as Any, Ask as AnyAsk};
use crate::tui::testing::{SIZES, Situation, Stage, snapshots};
use crate::tui::view::PageName;
use serde_json::{Value, json};

const FILE: &str = "/etc/kinora/kinora.toml";

fn key(name: &str, value: &str, origin: SettingOrigin) -> SettingKey {
    let (section, short) = name.split_once('.').map_or((None, name), |it| (Some(it.0), it.1));
    let origin_name = match origin {
        SettingOrigin::Default => None,
        SettingOrigin::File => Some(FILE),
        SettingOrigin::Changed => Some("/var/lib/kinora/settings.toml"),
        SettingOrigin::Variable => Some("KINORA__CUE__LINES"),
    };
    SettingKey {
        key: name.to_owned(),
        section: section.map(str::to_owned),
        name: short.to_owned(),
        value: value.to_owned(),
        origin,
        origin_name: origin_name.map(str::to_owned),
        ..SettingKey::default()
    }
}

fn of_library(name: &str, called: &str, value: &str, origin: SettingOrigin) -> SettingKey {
    SettingKey {
        key: format!("library[{called}].{name}"),
        section: Some("library".to_owned()),
        place: Some(0),
        name: name.to_owned(),
        ..key(name, value, origin)
    }
}

/// All settings, with `listen.beam` as said.
fn view(situation: Situation, beam: u8) -> SettingsView {
    use SettingOrigin::{Changed, Default, File, Variable};
    let wide = situation == Situation::Wide;
    let films = if wide { "\u{7535}\u{5f71} \u{5e93}" } else { "Films" };
    let folder = if wide {
        "/media/\u{7535}\u{5f71}/\u{05e1}\u{05e8}\u{05d8}\u{05d9}\u{05dd}"
    } else {
        "/media/films"
    };
    let closed = |key: SettingKey, why: &str| SettingKey { closed: Some(why.to_owned()), ..key };
    let by_file =
        "`http` is not changed over HTTP, since it says who may ask; change it in kinora.toml";
    let by_variable = "`cue.lines` is set by the variable KINORA__CUE__LINES; change it there";
    let mut keys = vec![
        closed(
            key("data_dir", "\"/var/lib/kinora\"", Default),
            "`data_dir` is not changed over HTTP, since these very settings lie there; change it in kinora.toml",
        ),
        key("to", "[\"zh-Hans\", \"en\"]", File),
        key("subtitle_mode", "\"reuse_if_good\"", Default),
        key("listen.model", "\"base-q8_0\"", Default),
        key("listen.beam", &beam.to_string(), if beam == 3 { Default } else { Changed }),
        key("listen.idle_unload", "\"60s\"", Default),
        closed(key("cue.lines", "1", Variable), by_variable),
        key("cue.duration_max", "\"7s\"", Default),
        closed(key("http.listen", "\"0.0.0.0:8710\"", File), by_file),
        of_library("name", films, &format!("\"{films}\""), File),
        of_library("path", films, &format!("\"{folder}\""), File),
        of_library("model", films, "\"base-q8_0\"", Default),
        SettingKey { at_once: true, ..key("serve.log", "\"info\"", Default) },
    ];
    if situation == Situation::Empty {
        keys.iter_mut().for_each(|it| (it.origin, it.origin_name) = (Default, None));
        keys.retain(|it| it.place.is_none());
    }
    let restart_needed = beam != 3;
    if restart_needed {
        keys[4].in_force = Some("3".to_owned());
    }
    let settings = json!({
        "data_dir": "/var/lib/kinora", "to": ["zh-Hans", "en"], "subtitle_mode": "reuse_if_good",
        "listen": {"model": "base-q8_0", "beam": beam, "idle_unload": "60s"},
        "cue": {"lines": 1, "duration_max": "7s"}, "http": {"listen": "0.0.0.0:8710"},
        "library": [{"name": films, "path": folder, "model": "base-q8_0"}],
        "serve": {"log": "info"},
    });
    SettingsView { settings, restart_needed, keys }
}

fn answer(situation: Situation, ask: &AnyAsk) -> Option<Result<Any, Fault>> {
    let AnyAsk::Settings(Ask::Settings) = ask else { return None };
    let beam = match situation {
        Situation::Empty | Situation::Wide => 3,
        Situation::Busy | Situation::Failing | Situation::Away | Situation::Many => 5,
    };
    if situation == Situation::Failing {
        let what = "/etc/kinora/kinora.toml, line 12, `listen.beam`: a whole number from 1 to 8 is expected";
        return Some(Err(Fault::operator(what, "correct it")));
    }
    Some(Ok(Any::Settings(Answer::Settings(view(situation, beam)))))
}

fn stage(beam: u8) -> Stage {
    let all = |_: &AnyAsk| Some(Ok(Any::Settings(Answer::Settings(view(Situation::Busy, beam)))));
    let mut stage = Stage::in_situation(SIZES[0], PageName::Settings, Situation::Busy, all);
    stage.asked();
    stage
}

/// Sets the cursor on a setting by searching it.
fn go_to(stage: &mut Stage, name: &str) {
    stage.press("/");
    stage.type_text(name);
    stage.press("Enter");
    assert!(stage.screen().contains(name), "{}", stage.screen());
}

/// Types another value in the place of the old one.
fn retype(stage: &mut Stage, text: &str) {
    stage.press("Enter");
    stage.press("C-u");
    stage.type_text(text);
    stage.press("Enter");
}

fn only(stage: &mut Stage) -> Ask {
    let mut asked = stage.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let AnyAsk::Settings(ask) = asked.remove(0) else { panic!("it is of another page") };
    ask
}

#[test]
fn in_every_situation() {
    snapshots(PageName::Settings, answer);
}

#[test]
fn it_works_on_the_smallest_screen() {
    let mut stage = Stage::in_situation((40, 12), PageName::Settings, Situation::Busy, |ask| {
        answer(Situation::Busy, ask)
    });
    insta::assert_snapshot!("settings_small", stage.screen());
    stage.press("End");
    assert!(stage.screen().contains("serve.log"), "{}", stage.screen());
}

#[test]
fn a_setting_is_changed_after_it_was_rehearsed_and_shown() {
    let mut stage = stage(3);
    go_to(&mut stage, "listen.beam");
    retype(&mut stage, "5");
    let Ask::Rehearse(change) = only(&mut stage) else { panic!("it is tried first") };
    assert_eq!(Value::Object(change.patch.clone()), json!({"listen": {"beam": 5}}));
    let rehearsed = Answer::Rehearsed(change.clone(), view(Situation::Busy, 5));
    stage.answer(Ok(Any::Settings(rehearsed)));
    let screen = stage.screen();
    for told in ["Change listen.beam?", "before: 3", "then:   5", "next start of Kinora"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert_eq!(stage.asked(), []);
    stage.press("y");
    assert_eq!(only(&mut stage), Ask::Change(change.clone()));
    stage.answer(Ok(Any::Settings(Answer::Changed(change, view(Situation::Busy, 5)))));
    let screen = stage.screen();
    for told in
        ["restart needed (1 setting)", "listen.beam is 5 from the next start on", "systemctl"]
    {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert!(screen.contains("Until the next start Kinora works with 3."), "{screen}");
}

#[test]
fn a_value_that_is_refused_can_be_put_right() {
    let mut stage = stage(3);
    go_to(&mut stage, "listen.beam");
    retype(&mut stage, "9");
    let Ask::Rehearse(change) = only(&mut stage) else { panic!("it is tried first") };
    assert_eq!(change.typed.as_deref(), Some("9"));
    let what = "the settings, line 2, `listen.beam`: a whole number from 1 to 8 is expected";
    stage.answer(Err(Fault::operator(what, "correct it")));
    let screen = stage.screen();
    assert!(screen.contains("Not changed: the settings, line 2, `listen.beam`"), "{screen}");
    assert!(screen.contains("listen.beam: 9"), "what was typed is still there: {screen}");
    stage.press("Backspace");
    stage.type_text("4");
    stage.press("Enter");
    let Ask::Rehearse(change) = only(&mut stage) else { panic!("it is tried first") };
    assert_eq!(Value::Object(change.patch), json!({"listen": {"beam": 4}}));
}

#[test]
fn what_is_closed_says_where_it_is_changed() {
    let mut stage = stage(3);
    for (name, told) in [
        ("http.listen", "change it in kinora.toml."),
        ("cue.lines", "`cue.lines` is set by the variable KINORA__CUE__LINES."),
    ] {
        go_to(&mut stage, name);
        stage.press("Enter");
        assert!(stage.screen().contains(told), "{}", stage.screen());
        assert_eq!(stage.asked(), []);
        // The text, then the search.
        stage.press("Esc");
        stage.press("Esc");
    }
}

#[test]
fn a_change_is_taken_back() {
    let mut stage = stage(5);
    go_to(&mut stage, "listen.model");
    stage.press("u");
    assert!(stage.screen().contains("was not changed here"), "{}", stage.screen());
    stage.press("Esc");
    go_to(&mut stage, "listen.beam");
    stage.press("u");
    let Ask::Rehearse(change) = only(&mut stage) else { panic!("it is tried first") };
    assert_eq!(Value::Object(change.patch.clone()), json!({"listen": {"beam": null}}));
    stage.answer(Ok(Any::Settings(Answer::Rehearsed(change.clone(), view(Situation::Busy, 3)))));
    assert!(
        stage.screen().contains("then:   3, as it is without the change"),
        "{}",
        stage.screen()
    );
    stage.press("y");
    assert_eq!(only(&mut stage), Ask::Change(change));
}

#[test]
fn a_library_is_changed_as_a_whole_and_that_is_told() {
    let mut stage = stage(3);
    go_to(&mut stage, "library[Films].model");
    retype(&mut stage, "small-q8_0");
    let Ask::Rehearse(change) = only(&mut stage) else { panic!("it is tried first") };
    assert_eq!(
        Value::Object(change.patch.clone()),
        json!({"library": [{"name": "Films", "path": "/media/films", "model": "small-q8_0"}]})
    );
    let mut next = view(Situation::Busy, 3);
    let model = next.keys.iter_mut().find(|it| it.key == "library[Films].model").unwrap();
    model.value = "\"small-q8_0\"".to_owned();
    model.in_force = Some("\"base-q8_0\"".to_owned());
    stage.answer(Ok(Any::Settings(Answer::Rehearsed(change, next))));
    assert!(stage.screen().contains("All of [[library]] is kept"), "{}", stage.screen());
    stage.press("n");
    assert_eq!(stage.asked(), []);
}

#[test]
fn settings_are_searched_and_filtered() {
    let mut stage = stage(3);
    stage.press("f");
    let screen = stage.screen();
    assert!(screen.contains("5 of 13 settings, only those that somebody set"), "{screen}");
    assert!(!screen.contains("subtitle_mode"), "{screen}");
    stage.press("/");
    // Letters are letters while somebody types; what is found is shown with each of them.
    stage.type_text("qf");
    assert!(stage.screen().contains("Nothing has \"qf\" in it"), "{}", stage.screen());
    stage.press("Esc");
    assert!(stage.screen().contains("5 of 13"), "{}", stage.screen());
    stage.press("Esc");
    assert!(stage.screen().contains("13 settings, all in force"), "{}", stage.screen());
    // It stays where it is when nothing was typed.
    go_to(&mut stage, "serve.log");
    assert!(stage.screen().contains("that holds at once"), "{}", stage.screen());
    stage.press("Enter");
    stage.press("Enter");
    assert!(stage.screen().contains("serve.log stays as it is"), "{}", stage.screen());
    assert_eq!(stage.asked(), []);
}
