//! The configuration in force, in the shape of `kinora.toml`: every key, with what holds where nobody said anything.
//! Keys for servers are left out, wherever they are; where they are to be found is told.

use super::keep::{Backup, NotifyKind, NotifySetting};
use super::raw_service::MIB;
use super::service::{Gpus, Http, Lanes, Library, Retry, Serve};
use super::span::shown;
use super::translate::{Key, Metadata, Setting, Translate, TranslatorSetting};
use super::{Config, JellyfinSetting, Listen, Output};
use crate::domain::cue::CueLimits;
use crate::domain::daily::DailyTime;
use crate::domain::fault::Fault;
use crate::domain::jellyfin::paths::PathMap;
use crate::domain::lang::Lang;
use crate::domain::order::{Bilingual, ExistingRules};
use crate::domain::time::Ms;
use crate::domain::translate::cut::CutLimits;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

impl Config {
    /// All of it, without secrets; read again as `kinora.toml` it is the same configuration, but for those.
    pub fn show(&self) -> Value {
        // Whoever adds a setting is reminded here to show it.
        let Config {
            source: _,
            data_dir,
            to,
            existing,
            listen,
            cue,
            output,
            bilingual,
            translate,
            translators,
            metadata,
            jellyfin,
            http,
            webhook_paths,
            libraries,
            lanes,
            retry,
            serve,
            backup,
            check,
            notify,
        } = self;
        let ExistingRules { mode, work_anyway, good_percent, keep_ours } = existing;
        let libraries: Vec<Value> = libraries.iter().map(library).collect();
        let translators: Vec<Value> = translators.iter().map(translator).collect();
        let mut all = json!({
            "data_dir": path(data_dir),
            "to": to,
            "subtitle_mode": mode,
            "ignore_existing_subtitles": work_anyway,
            "reuse_good_percent": good_percent,
            "remake_on_change": !keep_ours,
            "listen": of_listen(listen),
            "cue": of_cue(cue),
            "output": of_output(output, *bilingual),
            "translate": of_translate(translate),
            "translator": translators,
            "metadata": of_metadata(metadata),
            "http": of_http(http),
            "webhooks": { "paths": pairs(webhook_paths) },
            "library": libraries,
            "lanes": of_lanes(lanes),
            "retry": of_retry(retry),
            "serve": of_serve(serve),
            "backup": of_backup(backup),
            "check": json!({ "at": daily(check.at), "gone_percent_max": check.gone_percent_max }),
            "notify": notify.iter().map(self::notify).collect::<Vec<_>>(),
        });
        if let (Some(all), Some(jellyfin)) = (all.as_object_mut(), jellyfin) {
            all.insert("jellyfin".to_owned(), of_jellyfin(jellyfin));
        }
        all
    }

    /// The same, as such a file.
    ///
    /// # Errors
    /// None that an owner could cause.
    pub fn show_toml(&self) -> Result<String, Fault> {
        let written = toml::to_string_pretty(&self.show());
        written.map_err(|err| Fault::bug(format!("the configuration cannot be shown ({err})")))
    }
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn span(time: Duration) -> String {
    shown(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// A number as it was written: 0.2, where its 32 bits would be told as 0.20000000298.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn from(lang: Option<&Lang>) -> &str {
    lang.map_or("auto", Lang::tag)
}

fn of_listen(listen: &Listen) -> Value {
    let Listen {
        model,
        threads,
        from: spoken,
        prefer_langs,
        beam,
        asr_max_failures,
        asr_fail_cooldown,
        asr_fail_alert,
        idle_unload,
    } = listen;
    json!({
        "model": model,
        "threads": threads,
        "from": from(spoken.as_ref()),
        "prefer_langs": prefer_langs,
        "beam": beam,
        "asr_max_failures": asr_max_failures,
        "asr_fail_cooldown": span(*asr_fail_cooldown),
        "asr_fail_alert": asr_fail_alert,
        "idle_unload": span(*idle_unload),
    })
}

fn of_cue(cue: &CueLimits) -> Value {
    let CueLimits {
        cps_target,
        cps_max,
        chars_per_line,
        chars_per_line_wide,
        lines,
        duration_min: Ms(duration_min),
        duration_max: Ms(duration_max),
        gap_min: Ms(gap_min),
    } = cue;
    json!({
        "cps_target": number(*cps_target),
        "cps_max": number(*cps_max),
        "chars_per_line": chars_per_line,
        "chars_per_line_wide": chars_per_line_wide,
        "lines": lines,
        "duration_min": shown(*duration_min),
        "duration_max": shown(*duration_max),
        "gap_min": shown(*gap_min),
    })
}

fn of_output(output: &Output, bilingual: Option<Bilingual>) -> Value {
    let Output { naming, label, jellyfin, formats, json } = output;
    json!({
        "naming": naming,
        "label": label.as_deref().unwrap_or_default(),
        "jellyfin": jellyfin.word(),
        "formats": formats,
        "json": json,
        "bilingual": bilingual.is_some(),
        "bilingual_order": bilingual.unwrap_or(Bilingual::TranslationFirst),
    })
}

fn of_translate(translate: &Translate) -> Value {
    let Translate { chain, cut, history_lines, infer_terms } = translate;
    let CutLimits { scene_gap: Ms(scene_gap), batch_lines, batch_chars } = cut;
    json!({
        "translators": chain,
        "batch_lines": batch_lines,
        "batch_chars": batch_chars,
        "history_lines": history_lines,
        "scene_gap": shown(*scene_gap),
        "infer_terms": infer_terms,
    })
}

/// Keys that are there; those that are not say nothing.
struct Keys(Map<String, Value>);

impl Keys {
    fn put(&mut self, name: &str, value: impl Serialize) {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Where a key is to be found; one that stands in the configuration itself is not repeated.
    fn key(&mut self, name: &str, key: &Key) {
        match key {
            Key::None | Key::Is(_) => {}
            Key::File(file) => self.put(&format!("{name}_file"), path(file)),
            Key::Env { variable, value: _ } => self.put(&format!("{name}_env"), variable),
        }
    }

    fn filled(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.put(name, text);
        }
    }
}

fn translator(setting: &TranslatorSetting) -> Value {
    let TranslatorSetting { name, kind, parallel, silence_max, temperature } = setting;
    let mut keys = Keys(Map::new());
    keys.put("name", name);
    match kind {
        Setting::Ollama { url, model, num_ctx, think } => {
            keys.put("kind", "ollama");
            keys.put("url", url);
            keys.filled("model", model);
            keys.put("num_ctx", num_ctx);
            keys.put("think", think);
        }
        Setting::OpenAi { url, model, key, rung } => {
            keys.put("kind", "openai");
            keys.put("url", url);
            keys.filled("model", model);
            keys.key("key", key);
            keys.put("answers", rung.map_or("auto", |it| it.word()));
        }
        Setting::Local { model, context, threads } => {
            keys.put("kind", "local");
            keys.filled("model", model.as_deref().unwrap_or_default());
            keys.put("num_ctx", context);
            keys.put("threads", threads);
        }
    }
    keys.put("parallel", parallel);
    keys.put("silence_max", span(*silence_max));
    keys.put("temperature", number(*temperature));
    Value::Object(keys.0)
}

fn of_metadata(metadata: &Metadata) -> Value {
    let Metadata { tmdb_key, tmdb_url, bangumi, bangumi_url } = metadata;
    let mut keys = Keys(Map::new());
    keys.key("tmdb_key", tmdb_key);
    keys.put("tmdb_url", tmdb_url);
    keys.put("bangumi", bangumi);
    keys.put("bangumi_url", bangumi_url);
    Value::Object(keys.0)
}

fn pairs(map: &PathMap) -> Vec<Value> {
    map.pairs.iter().map(|it| json!({ "here": path(&it.0), "there": it.1 })).collect()
}

fn of_jellyfin(setting: &JellyfinSetting) -> Value {
    let JellyfinSetting { url, key, paths, deliver, yield_to, poll_interval } = setting;
    let mut keys = Keys(Map::new());
    keys.put("url", url);
    keys.key("key", key);
    keys.put("paths", pairs(paths));
    keys.put("deliver", deliver);
    keys.put("yield", yield_to);
    keys.put("poll_interval", span(*poll_interval));
    Value::Object(keys.0)
}

fn of_http(http: &Http) -> Value {
    let Http {
        listen,
        token_file,
        hosts,
        upload_bytes_max,
        uploads_keep,
        webhook_secret_file,
        trusted_networks,
        rate_per_minute,
    } = http;
    let mut shown = json!({
        "listen": listen,
        "token_file": path(token_file),
        "hosts": hosts,
        "upload_max_mib": upload_bytes_max / MIB,
        "uploads_keep": span(*uploads_keep),
        "trusted_networks": trusted_networks,
        "rate_per_minute": rate_per_minute.map_or(0, NonZeroU32::get),
    });
    if let (Some(shown), Some(file)) = (shown.as_object_mut(), webhook_secret_file) {
        shown.insert("webhook_secret_file".to_owned(), path(file).into());
    }
    shown
}

fn library(library: &Library) -> Value {
    let Library {
        name,
        path: folder,
        to,
        from: spoken,
        include,
        exclude,
        model,
        formats,
        naming,
        label,
        existing,
        prefer_langs,
        schedule,
        translators,
        cloud,
        left_out: _,
        bilingual,
    } = library;
    let ExistingRules { mode, work_anyway, good_percent: _, keep_ours } = existing;
    let mut keys = Keys(Map::new());
    keys.put("name", name);
    keys.put("path", path(folder));
    keys.put("to", to);
    keys.put("from", from(spoken.as_ref()));
    keys.put("include", include);
    keys.put("exclude", exclude);
    keys.put("model", model);
    keys.put("formats", formats);
    keys.put("naming", naming);
    keys.put("label", label.as_deref().unwrap_or_default());
    keys.put("subtitle_mode", mode);
    keys.put("ignore_existing_subtitles", work_anyway);
    keys.put("remake_on_change", !keep_ours);
    keys.put("prefer_langs", prefer_langs);
    keys.put("schedule", schedule.windows());
    match translators.is_empty() {
        true => keys.put("translate", false),
        false => keys.put("translators", translators),
    }
    keys.put("cloud", cloud);
    keys.put("bilingual", bilingual.is_some());
    Value::Object(keys.0)
}

fn of_lanes(lanes: &Lanes) -> Value {
    let Lanes {
        gpu,
        gpu_workers,
        cpu_workers,
        ffmpeg_workers,
        net_workers,
        disk_workers,
        nice,
        schedule,
        memory_max_mib,
        max_tasks,
        answer_max,
    } = lanes;
    let gpu = match gpu {
        Gpus::Auto => Value::from("auto"),
        Gpus::Only(none) if none.is_empty() => Value::from("none"),
        Gpus::Only(named) => named.iter().map(ToString::to_string).collect(),
    };
    let hours = schedule.iter().map(|(lane, hours)| (lane.to_string(), hours.windows().into()));
    json!({
        "gpu": gpu,
        "gpu_workers": gpu_workers,
        "cpu_workers": cpu_workers,
        "ffmpeg_workers": ffmpeg_workers,
        "net_workers": net_workers,
        "disk_workers": disk_workers,
        "nice": nice,
        "schedule": hours.collect::<Map<String, Value>>(),
        "memory_max_mib": memory_max_mib.unwrap_or(0),
        "max_tasks": max_tasks,
        "answer_max": span(*answer_max),
    })
}

fn of_retry(retry: &Retry) -> Value {
    let Retry { tries_max, backoff_first, backoff_max, crashes_max, soft_limit, hard_limit } =
        retry;
    json!({
        "tries_max": tries_max,
        "backoff_first": span(*backoff_first),
        "backoff_max": span(*backoff_max),
        "crashes_max": crashes_max,
        "soft_limit": span(*soft_limit),
        "hard_limit": span(*hard_limit),
    })
}

fn of_serve(serve: &Serve) -> Value {
    let Serve {
        scan_interval,
        watch,
        poll_interval,
        trigger_file,
        stable,
        lock_expiry,
        drain,
        runs_days,
        logs_days,
        log,
        log_format,
        disk_free_min_mib,
    } = serve;
    json!({
        "scan_interval": span(scan_interval.unwrap_or_default()),
        "watch": watch,
        "poll_interval": span(*poll_interval),
        "trigger_file": trigger_file.as_deref().unwrap_or_default(),
        "stable": span(*stable),
        "lock_expiry": span(*lock_expiry),
        "drain": span(*drain),
        "runs_days": runs_days,
        "logs_days": logs_days,
        "log": log,
        "log_format": log_format,
        "disk_free_min_mib": disk_free_min_mib,
    })
}

fn daily(at: Option<DailyTime>) -> String {
    at.map(|it| it.to_string()).unwrap_or_default()
}

fn of_backup(backup: &Backup) -> Value {
    let Backup { at, folder, second_folder, keep_days } = backup;
    json!({
        "at": daily(*at),
        "folder": path(folder),
        "second_folder": second_folder.as_deref().map(path).unwrap_or_default(),
        "keep_days": keep_days,
    })
}

fn notify(setting: &NotifySetting) -> Value {
    let NotifySetting { name, kind, address, key, on, gather } = setting;
    let mut keys = Keys(Map::new());
    keys.put("name", name);
    match kind {
        NotifyKind::Ntfy => keys.put("kind", "ntfy"),
        NotifyKind::Webhook { template } => {
            keys.put("kind", "webhook");
            keys.filled("template", template.as_deref().unwrap_or_default());
        }
    }
    keys.key("address", address);
    keys.key("key", key);
    keys.put("on", on);
    keys.put("gather", span(*gather));
    Value::Object(keys.0)
}
