//! Names that a Jellyfin would label wrongly are refused when the configuration is read.

use crate::config;
use kinora::app::config::{Config, Overrides};
use kinora::domain::jellyfin::label::Ver;
use kinora::domain::name::Naming;

fn read(text: &str) -> Result<Config, String> {
    config::read(text, &[], Overrides::default())
}

/// `[output]` with these keys, these languages, and a library.
fn with(to: &str, output: &str, library: &str) -> String {
    let library = format!("[[library]]\nname = \"Films\"\npath = \"/films\"\n{library}");
    format!("to = [{to}]\n[output]\n{output}\n{library}")
}

#[test]
fn what_every_jellyfin_labels_rightly_is_taken() {
    for (to, output, library) in [
        ("", "", ""),
        ("\"zh-Hans\", \"zh-Hant\", \"yue\", \"pt-BR\", \"haw\", \"hi\"", "bilingual = true", ""),
        ("", "label = \"AI\"", "label = \"\""),
        ("", "naming = \"factory\"", ""),
        ("\"zh-Hans\"", "naming = \"factory\"\nbilingual = true", ""),
        ("\"de\"", "naming = \"tag\"", ""),
        ("\"zh-Hans\", \"zh-Hant-HK\"", "naming = \"tag\"\njellyfin = \"10.11\"", ""),
        ("", "naming = \"tag\"\njellyfin = \"12\"", "label = \"AI\""),
        // Another title stands before it.
        ("\"zh-Hans\"", "label = \"hi\"", ""),
        ("\"zh-Hans\"", "", "label = \"Day\""),
    ] {
        let text = with(to, output, library);
        assert_eq!(read(&text).map(drop), Ok(()), "{text}");
    }
    let text =
        with("\"de\"", "label = \"AI\"\nnaming = \"tag\"\njellyfin = \"10.11.11\"", "label = \"\"");
    let config = read(&text).unwrap();
    assert_eq!((config.output.naming, config.output.jellyfin), (Naming::Tag, Ver::V10_11));
    assert_eq!(
        (config.output.label.as_deref(), config.libraries[0].label.as_deref()),
        (Some("AI"), None)
    );
}

#[test]
fn what_one_labels_wrongly_is_refused_with_what_it_shows() {
    for (to, output, library, says) in [
        (
            "\"de\"",
            "label = \"hi\"",
            "",
            "output names files so that Jellyfin 10.10 shows `Film.hi.deu.srt` as German, marked as for the hard of \
             hearing; choose another label",
        ),
        (
            "\"zh-Hans\"",
            "",
            "label = \"forced parts\"",
            "library `Films` names files so that Jellyfin 10.10 shows `Film.简体中文 forced parts.zho.srt` as Chinese, \
             marked as forced; choose another label",
        ),
        (
            "",
            "naming = \"factory\"\nlabel = \"Day\"",
            "",
            "Jellyfin 12 shows `Film.Day.srt` as Land Dayak languages; choose another label",
        ),
        (
            "\"zh-Hans\"",
            "naming = \"tag\"",
            "",
            "Jellyfin 10.10 shows `Film.zh-Hans.srt` as no language, titled `zh-Hans`; write output.jellyfin = \"10.11\" \
             where no server is older, or naming = \"jellyfin\"",
        ),
        ("", "naming = \"tag\"", "", "Jellyfin 10.10 shows `Film.zh-Hans.srt` as no language"),
        (
            "\"zh-Hant\"",
            "naming = \"factory\"\njellyfin = \"10.10.7\"",
            "",
            "Jellyfin 10.10 shows `Film.llm.zh-Hant.srt` as no language, titled `llm.zh-Hant`",
        ),
        (
            "\"en-GB\"",
            "naming = \"factory\"\njellyfin = \"12\"",
            "",
            "Jellyfin 12 shows `Film.llm.en-GB.srt` as no language, titled `llm.en-GB`; write naming = \"jellyfin\"",
        ),
        (
            "\"hi\"",
            "label = \"en\"",
            "",
            "shows `Film.en.hin.srt` as English, marked as for the hard",
        ),
        ("", "label = \"a.b\"", "", "`a.b` cannot stand in names"),
        ("", "label = \"../x\"", "", "cannot stand in names"),
        ("", "label = \" AI\"", "", "cannot stand in names"),
        ("", "", "label = \"a/b\"", "cannot stand in names"),
        (
            "",
            "jellyfin = \"10.8\"",
            "",
            "`10.8` is no version of Jellyfin; write one of 10.10, 10.11, 12",
        ),
    ] {
        let text = with(to, output, library);
        let told = read(&text).expect_err(&text);
        assert!(told.contains(says), "{text}\n{told}");
    }
    let long = with("", &format!("label = \"{}\"", "x".repeat(41)), "");
    assert!(read(&long).expect_err("too long").contains("at most 40 characters"));
}
