//! The second line of defence: whatever a job was wished with, the step that translates asks nobody outside of the home
//! network about a file that is to stay there.

use super::workshop::{Workshop, order};
use crate::support::llm::said::MODEL;
use crate::support::llm::{Script, Server};
use kinora::base::cancel::Cancel;
use kinora::domain::execution::Step;
use kinora::domain::lane::LaneName;
use kinora::domain::lang::Lang;
use kinora::domain::order::{Order, TranslateParams, TranslatorRef};
use kinora::domain::translate::cut::CutLimits;
use kinora::engines::llm::{Secret, TranslatorKind, TranslatorSpec, Translators};
use kinora::runtime::subtitle::SubtitleHire;
use kinora::runtime::work::{Failure, Hire};
use std::sync::Arc;
use std::time::Duration;

const FILE: &str = "1\n00:00:01,000 --> 00:00:03,500\nWhere is the captain of this ship?\n\n";

fn spec(url: &str) -> TranslatorSpec {
    TranslatorSpec {
        name: "cloud".to_owned(),
        kind: TranslatorKind::OpenAi {
            url: format!("{}/v1", url.replace("127.0.0.1", "0.0.0.0")),
            model: MODEL.to_owned(),
            key: Secret(None),
            rung: None,
        },
        parallel: 1,
        silence_max: Duration::from_secs(20),
        temperature: 0.2,
    }
}

#[test]
fn an_order_that_names_somebody_outside_is_not_followed() {
    let mut shop = Workshop::new();
    let server = Server::start(Script::good());
    let spec = spec(&server.url());
    let translators = Arc::new(Translators::new(vec![spec.clone()]));
    let params = TranslateParams {
        translators: vec![TranslatorRef { name: spec.name.clone(), identity: spec.identity() }],
        cut: CutLimits::default(),
        history_lines: 0,
        infer_terms: false,
    };
    let usual = Order {
        to: vec![Lang::parse("ru").unwrap()],
        translate: Some(params),
        library: Some("Films".to_owned()),
        ..order()
    };
    // As its library says now, as the order says, as both allow it.
    for (name, cloud, home_only, asked) in [
        ("A.en.srt", true, true, false),
        ("B.en.srt", false, false, false),
        ("C.en.srt", true, false, true),
    ] {
        let file = shop.at(name);
        std::fs::write(&file, FILE).unwrap();
        let order = Order { cloud, ..usual.clone() };
        let hire = SubtitleHire {
            translators: Arc::clone(&translators),
            home_only: home_only.then(|| "Films".to_owned()).into_iter().collect(),
            ..shop.hire()
        };
        let mut worker = hire.hire(&LaneName::Net, 0);
        let execution = shop.wish(&file, &order, true);
        let select = shop.next(execution).unwrap();
        let done = shop.work(&select, &Cancel::default()).unwrap();
        shop.succeed(execution, done);
        let task = shop.next(execution).unwrap();
        assert_eq!(task.step, Step::Translate);
        let outcome = shop.work_with(&mut *worker, &task);
        let requests = server.tally().requests;
        match outcome {
            Ok(_) if asked => assert!(requests > 0),
            Err(Failure::Step(fault)) if !asked => {
                assert!(fault.what.contains("cloud = false"), "{fault}");
                assert_eq!(requests, 0);
            }
            other => panic!("{cloud} {home_only}: {other:?}"),
        }
    }
}
