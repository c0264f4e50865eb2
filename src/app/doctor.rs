//! Looks whether this machine can do the work: one check each for what a run needs.

use super::config::Config;
use crate::api::doctor::{Check, DoctorView, Health};
use crate::base::cancel::Cancel;
use crate::base::text;
use crate::domain::fault::Fault;
use crate::engines::models::{self, Found};
use std::path::Path;

/// Memory that a run takes beside the model, MiB.
const RUN_MEMORY_MIB: u64 = 150;

/// Looks at one thing.
type Probe = fn(&Config) -> Check;

/// All checks, in the order in which a run would fail.
const PROBES: [Probe; 5] = [cpu, data_dir, speech_model, vad_model, memory];

/// Checks everything a run needs; changes nothing.
pub fn check(config: &Config) -> DoctorView {
    DoctorView { checks: PROBES.iter().map(|probe| probe(config)).collect() }
}

fn good(name: &str, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), health: Health::Good, found: found.into(), remedy: None }
}

fn unwell(name: &str, health: Health, fault: Fault) -> Check {
    Check { name: name.to_owned(), health, found: fault.what, remedy: Some(fault.remedy) }
}

fn cpu(_: &Config) -> Check {
    judge_cpu(&missing_features())
}

/// Instructions that this build's kernels use and the processor lacks.
#[cfg(target_arch = "x86_64")]
fn missing_features() -> Vec<&'static str> {
    let features = [
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("F16C", std::arch::is_x86_feature_detected!("f16c")),
    ];
    features.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn missing_features() -> Vec<&'static str> {
    Vec::new()
}

fn judge_cpu(missing: &[&str]) -> Check {
    if missing.is_empty() {
        return good("processor", "the processor has the instructions this build uses");
    }
    let what = format!("the processor lacks {}, which this build uses", missing.join(", "));
    let remedy =
        "build Kinora on this machine: packaging/try.sh makes a build for older processors";
    unwell("processor", Health::Bad, Fault::operator(what, remedy))
}

fn data_dir(config: &Config) -> Check {
    let (name, dir) = ("data folder", &config.data_dir);
    let shown = text::show_path(dir);
    let Some(there) = dir.ancestors().find(|it| it.exists()) else {
        return unwell(name, Health::Bad, not_writable(dir, "there is no such disk"));
    };
    // A file without a name: gone when it is closed, whatever happens.
    match tempfile::tempfile_in(there) {
        Ok(_) if there == dir => good(name, format!("{shown} can be written")),
        Ok(_) => good(name, format!("{shown} will be made at the first run")),
        Err(err) => unwell(name, Health::Bad, not_writable(dir, &err.to_string())),
    }
}

fn not_writable(dir: &Path, why: &str) -> Fault {
    Fault::operator(
        format!("the data folder {} cannot be written ({why})", text::show_path(dir)),
        "give the user Kinora runs as the right to write there, or set data_dir",
    )
}

fn speech_model(config: &Config) -> Check {
    let dirs = models::search_dirs(&config.data_dir);
    judge_model("speech model", models::find(&config.listen.model, &dirs))
}

fn vad_model(config: &Config) -> Check {
    judge_model("voice activity model", models::find_vad(&models::search_dirs(&config.data_dir)))
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

fn memory(config: &Config) -> Check {
    let found = models::find(&config.listen.model, &models::search_dirs(&config.data_dir));
    let need_mib = found.ok().map_or(0, |it| need_mib(&it)) + RUN_MEMORY_MIB;
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let free = free_mib(
        &read("/proc/meminfo"),
        &read("/sys/fs/cgroup/memory.max"),
        &read("/sys/fs/cgroup/memory.current"),
    );
    judge_memory(free, need_mib)
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
    fn a_processor_without_avx2_is_told_with_the_build_to_use() {
        assert_eq!(judge_cpu(&[]).health, Health::Good);
        let check = judge_cpu(&["AVX2", "FMA"]);
        assert_eq!(check.health, Health::Bad);
        assert!(check.found.contains("lacks AVX2, FMA"));
        assert!(check.remedy.is_some_and(|it| it.contains("packaging/try.sh")));
    }

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
