//! What the double of the daemon tells of settings and files.

use super::support::{Desk, parked};
use kinora::api::catalog::{
    AudioTrackView, Catalog, ItemDetail, ItemView, ItemsPage, ItemsQuery, Patch, SettingKey,
    SettingOrigin, SettingsView, SubtitleView,
};
use kinora::api::daemon::{JobStatus, Refusal};
use kinora::domain::fault::Fault;
use serde_json::json;

impl Catalog for Desk {
    fn settings(&self) -> Result<SettingsView, Refusal> {
        self.judge()?;
        let settings = json!({"listen": {"beam": 3}, "library": []});
        Ok(SettingsView { settings, restart_needed: false, keys: vec![beam(3)] })
    }

    fn change_settings(&self, patch: &Patch, rehearsal: bool) -> Result<SettingsView, Refusal> {
        self.judge()?;
        if !rehearsal {
            self.patches.lock().unwrap().push(patch.clone().into());
        }
        if patch.contains_key("http") {
            let what = "`http` is not changed over HTTP, since it says who may ask";
            return Err(Refusal::Invalid(Fault::operator(what, "change it in kinora.toml")));
        }
        let settings = json!({"listen": {"beam": 5}});
        Ok(SettingsView { settings, restart_needed: true, keys: vec![beam(5)] })
    }

    fn items(&self, query: &ItemsQuery) -> Result<ItemsPage, Refusal> {
        self.judge()?;
        self.items.lock().unwrap().push(query.clone());
        Ok(ItemsPage { items: vec![item()], next: Some("L2ZpbG1z".to_owned()) })
    }

    fn item(&self, id: &str) -> Result<ItemDetail, Refusal> {
        self.judge()?;
        if id != "L2ZpbG1z" {
            let fault = Fault::operator("there is no such file in a library", "use the id");
            return Err(Refusal::NotFound(fault));
        }
        let audio = AudioTrackView {
            index: 1,
            codec: "ac3".to_owned(),
            language: Some("jpn".to_owned()),
            title: None,
            channels: 6,
        };
        let subtitle = SubtitleView {
            index: None,
            file: Some("Heat.eng.srt".to_owned()),
            codec: "srt".to_owned(),
            text: true,
            language: Some("en".to_owned()),
            title: None,
            forced: false,
            hearing_impaired: false,
            ours: true,
        };
        Ok(ItemDetail {
            item: item(),
            bytes: 9000,
            duration_ms: Some(60_000),
            audio: vec![audio],
            subtitles: vec![subtitle],
            trouble: None,
            job: Some(parked(1)),
        })
    }
}

fn beam(value: u8) -> SettingKey {
    SettingKey {
        key: "listen.beam".to_owned(),
        section: Some("listen".to_owned()),
        name: "beam".to_owned(),
        value: value.to_string(),
        origin: SettingOrigin::Variable,
        origin_name: Some("KINORA__LISTEN__BEAM".to_owned()),
        closed: Some("`listen.beam` is set by a variable; change it there".to_owned()),
        in_force: (value != 3).then(|| "3".to_owned()),
        ..SettingKey::default()
    }
}

fn item() -> ItemView {
    ItemView {
        id: "L2ZpbG1z".to_owned(),
        library: "Films".to_owned(),
        path: "/films/Heat.mkv".to_owned(),
        languages: vec!["en".to_owned()],
        looked: true,
        job: Some(1),
        status: Some(JobStatus::Parked),
    }
}
