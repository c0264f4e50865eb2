//! How busy the processor and graphics cards are, as far as Linux tells: a few small files, read in microseconds.

use super::gpu::Gpu;
use crate::base::clock::Stopwatch;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where Linux tells of graphics cards.
pub const CARDS_DIR: &str = "/sys/class/drm";
/// A load is what was done since it was asked before, where that was not sooner than this,
/// and not longer ago than that.
const SINCE_MIN: Duration = Duration::from_millis(400);
const SINCE_MAX: Duration = Duration::from_secs(10);
const MIB: u64 = 1024 * 1024;

/// How a device is at one moment; what the system does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How busy it is, percent.
    pub percent: Option<u8>,
    /// Its memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Of that, what is in use, bytes.
    pub memory_used_bytes: Option<u64>,
}

/// The processor, and the memory of this machine.
#[derive(Debug)]
pub struct Processor {
    name: String,
    proc: PathBuf,
    before: Mutex<Option<(Stopwatch, Ticks, Option<u8>)>>,
}

/// Time of all cores together, in the kernel's ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    all: u64,
}

impl Processor {
    /// The one of this machine.
    pub fn find() -> Processor {
        Processor::told_in(Path::new("/proc"))
    }

    fn told_in(proc: &Path) -> Processor {
        let told = fs::read_to_string(proc.join("cpuinfo")).unwrap_or_default();
        Processor { name: processor_name(&told), proc: proc.to_owned(), before: Mutex::default() }
    }

    /// Its name, as its maker has it; `processor` where the system does not tell.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is now.
    pub fn load(&self) -> Load {
        let memory = self.read("meminfo");
        let of = |name: &str| memory.as_deref().and_then(|it| kib(it, name)).map(|it| it * 1024);
        let (all, free) = (of("MemTotal:"), of("MemAvailable:"));
        let memory_used_bytes = all.zip(free).map(|(all, free)| all.saturating_sub(free));
        Load { percent: self.percent(), memory_bytes: all, memory_used_bytes }
    }

    fn percent(&self) -> Option<u8> {
        let now = ticks(&self.read("stat")?)?;
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let percent = match *before {
            Some((since, _, percent)) if since.elapsed() < SINCE_MIN => return percent,
            Some((since, ticks, _)) if since.elapsed() <= SINCE_MAX => share(ticks, now),
            // Of the last minute: what was done since anybody asked may be the work of a night.
            Some(_) | None => self.read("loadavg").and_then(|it| average(&it, cores())),
        };
        *before = Some((Stopwatch::start(), now, percent));
        percent
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.proc.join(name)).ok()
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn processor_name(cpuinfo: &str) -> String {
    let of = |key: &str| {
        let mut pairs = cpuinfo.lines().filter_map(|it| it.split_once(':'));
        pairs.find(|it| it.0.trim() == key).map(|it| it.1.trim()).filter(|it| !it.is_empty())
    };
    // Boards with ARM cores tell the board instead.
    let name = of("model name").or_else(|| of("Model")).or_else(|| of("Hardware"));
    let name = name.unwrap_or("processor").replace("(R)", "").replace("(TM)", "");
    // `Intel Core i5-8250U CPU @ 1.60GHz`.
    let name = name.split(" @").next().unwrap_or_default();
    name.split_whitespace().filter(|it| *it != "CPU").collect::<Vec<_>>().join(" ")
}

/// The line of all cores in `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn ticks(stat: &str) -> Option<Ticks> {
    let line = stat.lines().find_map(|it| it.strip_prefix("cpu "))?;
    let mut numbers = line.split_whitespace().map(str::parse::<u64>);
    let mut fields = [0; 8];
    for field in &mut fields {
        *field = numbers.next()?.ok()?;
    }
    let all = fields.iter().sum();
    Some(Ticks { busy: all - fields[3] - fields[4], all })
}

fn share(before: Ticks, now: Ticks) -> Option<u8> {
    let all = now.all.checked_sub(before.all).filter(|it| *it > 0)?;
    // Waiting for disks is counted backwards at times.
    percent(now.busy.saturating_sub(before.busy) * 100 / all)
}

fn average(loadavg: &str, cores: usize) -> Option<u8> {
    let load: f64 = loadavg.split(' ').next()?.parse().ok()?;
    percent((load * 100.0 / cores as f64) as u64)
}

fn percent(it: u64) -> Option<u8> {
    u8::try_from(it.min(100)).ok()
}

fn kib(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|it| it.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A graphics card whose driver (amdgpu) tells how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    dir: PathBuf,
    memory_bytes: u64,
}

impl Card {
    /// Those that are there, below [`CARDS_DIR`] or another folder.
    pub fn find(dir: &Path) -> Vec<Card> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let mut dirs: Vec<PathBuf> = entries.map(|it| it.path()).collect();
        dirs.sort();
        // `card0`, but not its sockets, `card0-DP-1`.
        dirs.retain(|it| it.file_name().is_some_and(|it| !it.to_string_lossy().contains('-')));
        let card = |it: PathBuf| {
            let dir = it.join("device");
            let memory_bytes = number(&dir.join("mem_info_vram_total"))?;
            Some(Card { dir, memory_bytes })
        };
        dirs.into_iter().filter_map(card).collect()
    }

    /// How it is now. A card that sleeps is left to sleep.
    pub fn load(&self) -> Load {
        let status = fs::read_to_string(self.dir.join("power/runtime_status"));
        let sleeps = status.is_ok_and(|it| it.trim() == "suspended");
        let read = |name: &str| number(&self.dir.join(name)).filter(|_| !sleeps);
        Load {
            percent: if sleeps { Some(0) } else { read("gpu_busy_percent").and_then(percent) },
            memory_bytes: Some(self.memory_bytes),
            memory_used_bytes: read("mem_info_vram_used"),
        }
    }
}

/// The card of a GPU: the only one with about its memory, or the only one there is of this maker.
pub fn card_of<'a>(gpu: &Gpu, gpus: &[Gpu], cards: &'a [Card]) -> Option<&'a Card> {
    let near = |gpu: &Gpu, card: &Card| {
        let bytes = gpu.memory_mib * MIB;
        bytes > 0 && card.memory_bytes.abs_diff(bytes) < bytes / 8
    };
    let mut fit = cards.iter().filter(|it| near(gpu, it));
    if let (Some(card), None) = (fit.next(), fit.next())
        && gpus.iter().filter(|it| near(it, card)).count() == 1
    {
        return Some(card);
    }
    let is_amd = |it: &&Gpu| it.name.contains("AMD") || it.name.contains("Radeon");
    match (cards, gpus.iter().filter(is_amd).collect::<Vec<_>>().as_slice()) {
        ([card], [only]) if *only == gpu => Some(card),
        _ => None,
    }
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
