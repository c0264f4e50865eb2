//! Looks whether this machine can do the work: one check each for what a run needs.

mod devices;
pub mod jellyfin;
mod places;
mod reach;
mod service;
mod system;
pub(in crate::app) mod translators;

use super::config::Config;
use super::work::local_model;
use crate::api::doctor::{Check, DoctorView, Health};
use crate::base::cancel::Cancel;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::domain::transcript::RawHeard;
use crate::engines::child::Launcher;
use crate::engines::media::{self, MediaEngine};
use crate::engines::models::{self, Found};
use crate::engines::sample;
use crate::engines::whisper::{EngineError, WhisperEngine, cpu_supported};
use crate::engines::wire::LoadParams;
use std::time::Duration;

/// Memory that a run takes beside the model, MiB.
const RUN_MEMORY_MIB: u64 = 150;

/// How long listening to the sample, 11 s of speech, may take.
const SAMPLE_WAIT: Duration = Duration::from_secs(30);
/// Looks at one thing, or a few that belong together; at nothing where it is not configured.
type Probe = fn(&Config, &Launcher) -> Vec<Check>;

/// All checks of this machine, in the order in which a run, and then the service, would fail.
const PROBES: [Probe; 16] = [
    cpu,
    places::data_dir,
    places::secrets,
    places::disks,
    speech_model,
    vad_model,
    memory,
    media_engine,
    devices::gpus,
    hear,
    system::open_files,
    places::libraries,
    system::notices,
    service::service,
    places::backups,
    system::time,
];

/// Checks everything a run needs, telling each result as it is there; changes nothing.
///
/// # Errors
/// Where Kinora's own program cannot be found.
pub fn check(config: &Config, on_check: &mut dyn FnMut(&Check)) -> Result<DoctorView, Fault> {
    Ok(check_with(config, &Launcher::own()?, on_check))
}

/// As [`check`], with engines that are started in this way.
pub fn check_with(
    config: &Config,
    launcher: &Launcher,
    on_check: &mut dyn FnMut(&Check),
) -> DoctorView {
    let mut checks = Vec::new();
    let mut tell = |found: Vec<Check>| {
        found.iter().for_each(&mut *on_check);
        checks.extend(found);
    };
    // Others on the network are waited for while this machine is looked at.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("doctor".to_owned());
        let outside = thread.spawn_scoped(scope, || outside(config));
        PROBES.iter().for_each(|it| tell(it(config, launcher)));
        let outside = outside.ok().and_then(|it| it.join().ok());
        tell(outside.unwrap_or_else(|| vec![no_thread()]));
    });
    DoctorView { checks }
}

/// Who else is needed.
fn outside(config: &Config) -> Vec<Check> {
    let dirs = models::search_dirs(&config.data_dir);
    let mut checks = translators::checks(config, |it| local_model(it, &dirs));
    checks.extend(jellyfin::checks(config));
    checks.extend(reach::notified(config));
    checks
}

fn no_thread() -> Check {
    let fault =
        Fault::operator("servers could not be asked: no thread can be started", "free memory");
    unwell("servers", Health::Warning, fault)
}

fn good(name: &str, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), health: Health::Good, found: found.into(), remedy: None }
}

fn unwell(name: &str, health: Health, fault: Fault) -> Check {
    Check { name: name.to_owned(), health, found: fault.what, remedy: Some(fault.remedy) }
}

fn cpu(_: &Config, _: &Launcher) -> Vec<Check> {
    vec![match cpu_supported() {
        Ok(()) => good("processor", "the processor has the instructions this build uses"),
        Err(fault) => unwell("processor", Health::Bad, fault),
    }]
}

fn media_engine(_: &Config, launcher: &Launcher) -> Vec<Check> {
    let name = "media engine";
    let versions: Vec<String> =
        media::versions().iter().map(|(name, version)| format!("{name} {version}")).collect();
    vec![match MediaEngine::start(launcher) {
        Ok(_) => good(name, format!("FFmpeg starts and answers ({})", versions.join(", "))),
        Err(fault) => unwell(name, Health::Bad, fault),
    }]
}

fn hear(config: &Config, launcher: &Launcher) -> Vec<Check> {
    let name = "sample";
    vec![match hear_sample(config, launcher) {
        Ok(Some(heard)) => judge_sample(&heard),
        Ok(None) => {
            let what = format!("it is not heard within {} s", SAMPLE_WAIT.as_secs());
            let remedy = "the machine is busy, or too slow for this model: choose a smaller one";
            unwell(name, Health::Warning, Fault::operator(what, remedy))
        }
        Err(fault) => unwell(name, Health::Bad, fault),
    }]
}

/// What the configured weights hear in the sample; `None` where they are not done in time.
fn hear_sample(config: &Config, launcher: &Launcher) -> Result<Option<RawHeard>, Fault> {
    let dirs = models::search_dirs(&config.data_dir);
    let load = LoadParams {
        model: Some(models::find(&config.listen.model, &dirs)?.path),
        vad: models::find_vad(&dirs)?.path,
        states: 1,
        threads_per_state: u8::try_from(super::work::threads(config)).unwrap_or(u8::MAX),
        gpu: None,
    };
    let engine = WhisperEngine::start(launcher, &load)?;
    match engine.hear(&sample::pcm(), &sample::params()).receiver().recv_timeout(SAMPLE_WAIT) {
        Ok(Ok(heard)) => Ok(Some(heard.heard)),
        Ok(Err(EngineError::Died(fault))) => Err(fault),
        Ok(Err(EngineError::Failed(what))) => Err(Fault::operator(what, "mostly memory is short")),
        Err(_) => Ok(None),
    }
}

fn judge_sample(heard: &RawHeard) -> Check {
    let Err(heard) = sample::judge(heard) else {
        return good("sample", "the recorded sample is heard right");
    };
    let what = format!("the recorded sample is heard as \"{heard}\"");
    unwell("sample", Health::Bad, Fault::operator(what, sample::REMEDY))
}

fn speech_model(config: &Config, _: &Launcher) -> Vec<Check> {
    let dirs = models::search_dirs(&config.data_dir);
    vec![judge_model("speech model", models::find(&config.listen.model, &dirs))]
}

fn vad_model(config: &Config, _: &Launcher) -> Vec<Check> {
    let dirs = models::search_dirs(&config.data_dir);
    vec![judge_model("voice activity model", models::find_vad(&dirs))]
}

fn judge_model(name: &str, found: Result<Found, Fault>) -> Check {
    let found = match found {
        Ok(found) => found,
        Err(fault) => return unwell(name, Health::Bad, fault),
    };
    let shown = text::show_path(&found.path);
    let Some(model) = found.model else {
        return good(name, format!("{shown} is whole; it is your own, so its digest is not known"));
    };
    match models::verify(&found.path, model, &Cancel::default(), &mut |_, _| ()) {
        Ok(()) => good(name, format!("{} is there and its digest is right ({shown})", model.name)),
        Err(fault) => unwell(name, Health::Bad, fault),
    }
}

fn memory(config: &Config, _: &Launcher) -> Vec<Check> {
    let found = models::find(&config.listen.model, &models::search_dirs(&config.data_dir));
    let need_mib = found.ok().map_or(0, |it| need_mib(&it)) + RUN_MEMORY_MIB;
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let free = free_mib(
        &read("/proc/meminfo"),
        &read("/sys/fs/cgroup/memory.max"),
        &read("/sys/fs/cgroup/memory.current"),
    );
    vec![judge_memory(free, need_mib)]
}

/// What listening with it takes: by the manifest; the owner's own weights take their size and a large model's buffers.
fn need_mib(found: &Found) -> u64 {
    const OWN_BUFFERS_MIB: u64 = 1000;
    let own = || std::fs::metadata(&found.path).map_or(0, |it| it.len()) / (1024 * 1024);
    found.model.map_or_else(|| own() + OWN_BUFFERS_MIB, |it| it.memory_mib)
}

/// Free memory: the machine's, or what a container has left of its limit. `None` where neither can be told.
fn free_mib(meminfo: &str, cgroup_max: &str, cgroup_current: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|it| it.strip_prefix("MemAvailable:"));
    let kib =
        line.and_then(|it| it.trim().strip_suffix(" kB")).and_then(|it| it.trim().parse().ok());
    let machine = kib.map(|kib: u64| kib / 1024);
    let bytes = |text: &str| text.trim().parse::<u64>().ok();
    let container = bytes(cgroup_max)
        .zip(bytes(cgroup_current))
        .map(|(max, current)| max.saturating_sub(current) / (1024 * 1024));
    match (machine, container) {
        (Some(machine), Some(container)) => Some(machine.min(container)),
        (one, other) => one.or(other),
    }
}

fn judge_memory(free_mib: Option<u64>, need_mib: u64) -> Check {
    let name = "memory";
    let Some(free) = free_mib else {
        let fault = Fault::operator("free memory cannot be told", "look at it yourself");
        return unwell(name, Health::Warning, fault);
    };
    if free >= need_mib {
        return good(name, format!("{free} MiB are free; a run takes about {need_mib} MiB"));
    }
    let what = format!("{free} MiB are free, and a run takes about {need_mib} MiB");
    let remedy = "choose a smaller model from `kinora models list`, or end other programs";
    unwell(name, Health::Warning, Fault::operator(what, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_the_lesser_of_machine_and_container() {
        let meminfo = "MemTotal: 4096000 kB\nMemFree: 1 kB\nMemAvailable:    2048000 kB\n";
        for (meminfo, max, current, free) in [
            (meminfo, "", "", Some(2000)),
            (meminfo, "max\n", "1048576\n", Some(2000)),
            (meminfo, "524288000\n", "104857600\n", Some(400)),
            (meminfo, "1048576\n", "2097152\n", Some(0)),
            ("", "524288000", "0", Some(500)),
            ("nonsense", "", "", None),
        ] {
            assert_eq!(free_mib(meminfo, max, current), free);
        }
        assert_eq!(judge_memory(Some(500), 530).health, Health::Warning);
        assert_eq!(judge_memory(Some(530), 530).health, Health::Good);
        assert_eq!(judge_memory(None, 530).health, Health::Warning);
    }
}
