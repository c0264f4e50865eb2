//! What is read of files as people and programs write them.

use super::super::tests::{lang, term};
use super::*;
use proptest::prelude::*;

fn defaults() -> Defaults {
    Defaults { from: Some(lang("en")), to: Some(lang("zh-Hans")), scope: Scope::Everywhere }
}

fn of(source: &str, target: &str) -> Term {
    Term { from: defaults().from, to: defaults().to, ..term(source, target) }
}

/// Terms as `source=target`, refused rows as `!line`.
fn read_as(file: &[u8], exchange: Exchange) -> String {
    let Import { terms, refused } = read(file, exchange, &defaults()).unwrap();
    let terms = terms.iter().map(|it| {
        assert_eq!((&it.from, &it.origin), (&defaults().from, &TermOrigin::Hand));
        format!("{}={}", it.source, it.target.as_deref().unwrap_or("-"))
    });
    let refused = refused.iter().map(|it| format!("!{} {}", it.line, it.why));
    terms.chain(refused).collect::<Vec<_>>().join("; ")
}

#[test]
fn tables_are_read_as_programs_write_them() {
    let table: [(&str, &str); 14] = [
        ("source,target\nHolmes,福尔摩斯\n", "Holmes=福尔摩斯"),
        ("\u{feff}source;target\r\nHolmes;福尔摩斯\r\n", "Holmes=福尔摩斯"),
        ("sep=;\r\nsource;target\r\nA, B;C\r\n", "A, B=C"),
        ("Target,Source Term\n福尔摩斯,Holmes", "Holmes=福尔摩斯"),
        ("Holmes,福尔摩斯\nWatson,华生", "Holmes=福尔摩斯; Watson=华生"),
        ("source\nHolmes\n\n ,\nWatson", "Holmes=-; Watson=-"),
        ("source,target,note\nA,,a note\nB", "A=-; B=-"),
        ("source,target,id\nA,B,7,8,9\n", "A=B"),
        ("source,target\n\"Holmes, \"\"the\"\"\nman\",\"x\"\n", "Holmes, \"the\" man=x"),
        ("source,target\n,x\nA,B", "A=B; !2 it has no source"),
        (
            "source,to\nA,klingonisch\nB,",
            "B=-; !2 `klingonisch` is no language; write a code like en, de, zh-Hans or pt-BR",
        ),
        ("source,state\nA,maybe\n", "!2 `maybe` is no state; write accepted, proposed or refused"),
        (
            "source,scope\nA,here\n",
            "!2 `here` is no scope; write everywhere, library:NAME, work:TITLE or file:PATH",
        ),
        ("", ""),
    ];
    for (file, wanted) in table {
        assert_eq!(read_as(file.as_bytes(), Exchange::Csv), wanted, "{file:?}");
    }
    assert_eq!(read_as("source\ttarget\nA, B\t\"C\"\n".as_bytes(), Exchange::Tsv), "A, B=C");
    // What Excel calls Unicode text.
    let utf16: Vec<u8> = "\u{feff}source\ttarget\r\nHolmes\t福尔摩斯\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read_as(&utf16, Exchange::Tsv), "Holmes=福尔摩斯");
}

#[test]
fn lines_are_read() {
    let file = "# names\nHolmes = 福尔摩斯\n\nWatson=>华生\nMoriarty → 莫里亚蒂\niPhone =\nnonsense\n = x\na = b = c\n";
    let wanted = "Holmes=福尔摩斯; Watson=华生; Moriarty=莫里亚蒂; iPhone=-; a=b = c; !7 it has no `=`; !8 it has no source";
    assert_eq!(read_as(file.as_bytes(), Exchange::Lines), wanted);
}

#[test]
fn json_is_read() {
    let table = [
        (r#"[{"source": "A", "target": "B", "id": 7}]"#, "A=B"),
        (r#"[{"term": "A", "target": null}, {"source": 7}]"#, "A=-; 7=-"),
        (r#"{"A": "B", "C": ""}"#, "A=B; C=-"),
        (
            r#"[7, {"target": "x"}, {"source": ["a"]}]"#,
            "!1 it is no object; !2 it has no source; !3 its `source` is no text",
        ),
    ];
    for (file, wanted) in table {
        assert_eq!(read_as(file.as_bytes(), Exchange::Json), wanted, "{file}");
    }
    for none in ["", "[", "7"] {
        assert!(read(none.as_bytes(), Exchange::Json, &defaults()).is_err(), "{none}");
    }
    let large = vec![b' '; IMPORT_BYTES_MAX + 1];
    assert!(read(&large, Exchange::Csv, &defaults()).is_err());
}

#[test]
fn all_columns_are_written() {
    let work = Scope::Work("sherlock (2010)".to_owned());
    let terms = [
        Term { scope: work, note: "the \"man\"".to_owned(), ..of("Holmes", "福尔摩斯") },
        Term { state: TermState::Refused, to: None, ..of("iPhone", "") },
    ];
    insta::assert_snapshot!(write(&terms, Exchange::Csv).unwrap(), @r#"
    source,target,from,to,scope,state,note
    Holmes,福尔摩斯,en,zh-Hans,work:sherlock (2010),accepted,"the ""man"""
    iPhone,,en,*,everywhere,refused,
    "#);
    insta::assert_snapshot!(write(&terms[1..], Exchange::Json).unwrap(), @r#"
    [
      {
        "source": "iPhone",
        "target": null,
        "from": "en",
        "to": "*",
        "scope": "everywhere",
        "state": "refused",
        "note": ""
      }
    ]
    "#);
    assert_eq!(write(&terms, Exchange::Lines), None);
}

fn terms() -> impl Strategy<Value = Vec<Term>> {
    let text = "[a-zA-Z0-9 ,;\"'=#福尔摩斯é\\\\]{0,12}";
    let scope = prop_oneof![
        Just(Scope::Everywhere),
        "[a-z ,:\"]{1,8}"
            .prop_filter("named", |it| !it.trim().is_empty())
            .prop_map(|it| Scope::Library(it.trim().to_owned())),
        Just(Scope::File("/films/a, b.mkv".into())),
    ];
    let lang_of = || prop_oneof![Just(None), Just(Some(lang("de"))), Just(Some(lang("ja")))];
    let state =
        prop_oneof![Just(TermState::Accepted), Just(TermState::Proposed), Just(TermState::Refused)];
    let one = (text, text, lang_of(), lang_of(), scope, state, text).prop_map(
        |(source, target, from, to, scope, state, note)| {
            let to = to.filter(|it| Some(it) != from.as_ref());
            Term { from, to, scope, state, note, ..term(&source, &target) }.tidy().ok()
        },
    );
    proptest::collection::vec(one, 0..8).prop_map(|it| it.into_iter().flatten().collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(terms in terms()) {
        for exchange in [Exchange::Csv, Exchange::Tsv, Exchange::Json] {
            let written = write(&terms, exchange).unwrap();
            let back = read(written.as_bytes(), exchange, &defaults()).unwrap();
            prop_assert_eq!(&back, &Import { terms: terms.clone(), refused: Vec::new() }, "{}", written);
        }
    }

    #[test]
    fn nothing_breaks_the_reader(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        for exchange in [Exchange::Csv, Exchange::Tsv, Exchange::Json, Exchange::Lines] {
            let _ = read(&file, exchange, &defaults());
        }
    }
}
