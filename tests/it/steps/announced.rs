//! Where there is a Jellyfin the last step tells it; one that is away is told to the runtime as a service.

use super::workshop::{Workshop, order};
use crate::support::jellyfin::{JellyfinStub, Misdeed};
use kinora::domain::execution::{Ending, State, Step};
use kinora::domain::lane::LaneName;
use kinora::domain::order::{Deliver, Order};
use kinora::runtime::work::{Failure, Hire};
use std::sync::Arc;

#[test]
fn a_film_is_announced_once_jellyfin_is_there() {
    let shop = Workshop::new();
    for (name, deliver) in [("one", Deliver::Sidecar), ("two", Deliver::Upload)] {
        let film = shop.film(&format!("{name}.mkv"), "-c:a copy");
        let stub = JellyfinStub::of("10.11.11");
        stub.library("Films", &shop.at(""), "/media");
        let mut hire = shop.hire();
        hire.jellyfin = Some(Arc::new(stub.client(&[(&shop.at(""), "/media")])));
        let mut worker = hire.hire(&LaneName::Cpu, 2);

        let outbox = tempfile::tempdir().unwrap();
        let output = (deliver == Deliver::Upload).then(|| outbox.path().join("outbox"));
        let order = Order { deliver: Some(deliver), output, ..order() };
        let execution = shop.wish(&film, &order, false);
        let mut steps = Vec::new();
        while let Some(task) = shop.next(execution) {
            steps.push(task.step);
            if task.step == Step::Announce {
                stub.misbehaves(Misdeed::Fails(502), 1);
                let away = shop.work_with(&mut *worker, &task);
                let Err(Failure::Service { name, .. }) = away else { panic!("{away:?}") };
                assert_eq!(name, "jellyfin");
            }
            let done = shop.work_with(&mut *worker, &task).unwrap();
            shop.succeed(execution, done);
        }
        assert_eq!(steps.last(), Some(&Step::Announce), "{steps:?}");
        assert_eq!(shop.state(execution), State::Done { ending: Ending::Written });
        let shown = stub.streams(&film);
        let shown = shown.iter().find(|it| it["IsExternal"] == true).unwrap();
        assert_eq!(shown["Language"], "eng");
        assert!(shop.read(&format!("{name}.eng.srt")).contains("country"));
    }
}
