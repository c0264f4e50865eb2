//! GPUs: those this build can use, and those that are there and cannot be used, with the reason.

use super::{good, unwell};
use crate::api::doctor::{Check, Health};
use crate::app::config::Config;
use crate::domain::fault::Fault;
use crate::engines::child::Launcher;
use crate::engines::gpu::{self, Gpu};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NAME: &str = "GPU";
/// Where the kernel shows devices to compute on.
const RENDERERS: &str = "/dev/dri";
const NVIDIA: &str = "/dev/nvidia0";

/// A device of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Device {
    path: PathBuf,
    /// `None` where it opens; otherwise it does not, and this is the group that may.
    locked_for: Option<String>,
}

pub(super) fn gpus(_: &Config, launcher: &Launcher) -> Vec<Check> {
    let found = gpu::supported().then(|| gpu::found(launcher));
    vec![judge(found.as_ref().map(|it| it.as_deref()), &devices())]
}

fn devices() -> Vec<Device> {
    let renderers = std::fs::read_dir(RENDERERS).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = renderers
        .filter(|it| it.file_name().as_encoded_bytes().starts_with(b"render"))
        .map(|it| it.path())
        .collect();
    paths.extend(Some(PathBuf::from(NVIDIA)).filter(|it| it.exists()));
    paths.sort();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    paths.into_iter().map(|path| device(path, &groups)).collect()
}

fn device(path: PathBuf, groups: &str) -> Device {
    let opened = std::fs::File::options().read(true).write(true).open(&path);
    let locked = opened.err().filter(|it| it.kind() == ErrorKind::PermissionDenied);
    let locked_for = locked.map(|_| group_of(&path, groups));
    Device { path, locked_for }
}

fn group_of(path: &Path, groups: &str) -> String {
    let Ok(gid) = std::fs::metadata(path).map(|it| it.gid()) else { return "render".to_owned() };
    group_name(groups, gid).unwrap_or_else(|| gid.to_string())
}

/// The name of a group, by /etc/group.
fn group_name(groups: &str, gid: u32) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut words = line.split(':');
        let name = words.next()?;
        (words.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

/// `found` is what this build can compute on, `None` where it has no support for GPUs. They are no need.
fn judge(found: Option<Result<&[Gpu], &Fault>>, devices: &[Device]) -> Check {
    let hint =
        |what: String, remedy: String| unwell(NAME, Health::Warning, Fault::operator(what, remedy));
    let locked = devices.iter().find_map(|it| Some((&it.path, it.locked_for.as_ref()?)));
    match (found, locked) {
        (Some(Ok(gpus)), _) if !gpus.is_empty() => {
            let line =
                |it: &Gpu| format!("GPU {} is {} with {} MiB", it.number, it.name, it.memory_mib);
            good(NAME, gpus.iter().map(line).collect::<Vec<_>>().join(", "))
        }
        (Some(_), Some((path, group))) => hint(
            format!("{} may not be opened by this user, so the processor listens", path.display()),
            format!(
                "make Kinora's user a member of group {group}: `usermod -aG {group} kinora`, \
                 SupplementaryGroups={group} for a systemd service, `group_add` in Docker"
            ),
        ),
        (Some(Err(fault)), None) => unwell(NAME, Health::Warning, fault.clone()),
        (Some(Ok(_)), None) => hint(
            "no GPU is found".to_owned(),
            "check its driver, and in Docker that its device is passed on; the processor listens meanwhile".to_owned(),
        ),
        (None, _) if devices.is_empty() => good(NAME, "this build listens on the processor"),
        (None, _) => {
            let kind = if devices.iter().any(|it| it.path == Path::new(NVIDIA)) { "CUDA" } else { "Vulkan" };
            hint(
                "there is a GPU, and this build of Kinora listens on the processor only".to_owned(),
                format!("the {kind} build of Kinora would listen on it"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_is_not_used_comes_with_the_reason() {
        let gpu = Gpu { number: 0, name: "Arc".to_owned(), memory_mib: 4096 };
        let fault = Fault::transient("the driver crashed", "update it");
        let open = Device { path: "/dev/dri/renderD128".into(), locked_for: None };
        let locked = Device { locked_for: Some("render".to_owned()), ..open.clone() };
        let nvidia = Device { path: NVIDIA.into(), locked_for: None };
        let none: &[Device] = &[];
        for (found, devices, health, said) in [
            (None, none, Health::Good, "on the processor"),
            (None, std::slice::from_ref(&open), Health::Warning, "the Vulkan build"),
            (None, &[nvidia], Health::Warning, "the CUDA build"),
            (
                Some(Ok(&[gpu.clone()][..])),
                std::slice::from_ref(&open),
                Health::Good,
                "GPU 0 is Arc with 4096 MiB",
            ),
            (
                Some(Ok(&[][..])),
                std::slice::from_ref(&locked),
                Health::Warning,
                "usermod -aG render",
            ),
            (Some(Ok(&[][..])), none, Health::Warning, "no GPU is found"),
            (Some(Err(&fault)), none, Health::Warning, "the driver crashed"),
            (
                Some(Err(&fault)),
                std::slice::from_ref(&locked),
                Health::Warning,
                "SupplementaryGroups=render",
            ),
        ] {
            let told = judge(found, devices);
            assert_eq!(told.health, health, "{told:?}");
            let all = format!("{} {}", told.found, told.remedy.unwrap_or_default());
            assert!(all.contains(said), "{all}");
        }
        assert_eq!(
            group_name("root:x:0:\nrender:x:105:jellyfin\n", 105).as_deref(),
            Some("render")
        );
        assert_eq!(group_name("root:x:0:\nodd", 105), None);
    }
}
