//! What files of the system tell of devices, and what is told where they are odd.

use super::*;

const STAT: &str = "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\n";

#[test]
fn names_of_processors_are_those_of_their_makers() {
    for (cpuinfo, name) in [
        ("processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n", "AMD EPYC"),
        ("model name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\n", "Intel Core i5-8250U"),
        ("model name\t: Intel(R) N100\n", "Intel N100"),
        (
            "processor\t: 0\nBogoMIPS\t: 108\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n",
            "Raspberry Pi 5 Model B Rev 1.0",
        ),
        ("Hardware\t: Marvell Armada 380\n", "Marvell Armada 380"),
        ("model name\t:\n", "processor"),
        ("", "processor"),
    ] {
        assert_eq!(processor_name(cpuinfo), name);
    }
}

#[test]
fn a_load_is_what_was_done_since() {
    let before = ticks(STAT).unwrap();
    assert_eq!(before, Ticks { busy: 150, all: 1000 });
    let later = |busy: u64, all: u64| Ticks { busy, all };
    assert_eq!(share(before, later(200, 1100)), Some(50));
    assert_eq!(share(before, later(150, 1100)), Some(0));
    assert_eq!(share(before, later(149, 1100)), Some(0), "the kernel counts backwards at times");
    assert_eq!(share(before, later(250, 1100)), Some(100));
    assert_eq!(share(before, before), None);
    assert_eq!(share(before, later(1, 10)), None);
    for odd in ["", "cpu  1 2 3", "cpu  a b c d e f g h", "cpu0 1 2 3 4 5 6 7 8 9"] {
        assert_eq!(ticks(odd), None, "{odd}");
    }
    assert_eq!(average("1.00 2.0 3.0 1/234 5", 2), Some(50));
    assert_eq!(average("9.00 2.0 3.0 1/234 5", 2), Some(100));
    assert_eq!(average("", 2), None);
}

#[test]
fn a_machine_that_tells_nothing_has_no_load() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = Processor::told_in(dir.path());
    assert_eq!((nothing.name(), nothing.load()), ("processor", Load::default()));
    for (name, text) in [
        ("stat", STAT),
        ("loadavg", "0.00 0.01 0.05 1/234 5678\n"),
        ("meminfo", "MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    400 kB\n"),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let told = Processor::told_in(dir.path());
    let load =
        Load { percent: Some(0), memory_bytes: Some(1_024_000), memory_used_bytes: Some(614_400) };
    assert_eq!(told.load(), load);
    // Asked again at once, it is the same.
    std::fs::write(dir.path().join("stat"), "cpu  200 0 50 800 50 0 0 0\n").unwrap();
    assert_eq!(told.load(), load);
    // And of this machine.
    let here = Processor::find();
    assert!(here.load().percent.is_some_and(|it| it <= 100));
}

#[test]
fn a_card_tells_how_it_is_and_is_left_to_sleep() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    assert_eq!(Card::find(&dir.path().join("none")), []);
    write("card0/device/mem_info_vram_total", "17179869184\n");
    write("card0/device/mem_info_vram_used", "1048576\n");
    write("card0/device/gpu_busy_percent", "37\n");
    write("card0/device/power/runtime_status", "active\n");
    write("card0-DP-1/device/mem_info_vram_total", "17179869184\n");
    write("card1/device/vendor", "0x8086\n");
    write("renderD128/device/vendor", "0x8086\n");
    let cards = Card::find(dir.path());
    let [card] = cards.as_slice() else { panic!("{cards:?}") };
    let total = Some(16 * 1024 * MIB);
    let busy = Load { percent: Some(37), memory_bytes: total, memory_used_bytes: Some(1_048_576) };
    assert_eq!(card.load(), busy);
    write("card0/device/power/runtime_status", "suspended\n");
    let asleep = Load { percent: Some(0), memory_bytes: total, memory_used_bytes: None };
    assert_eq!(card.load(), asleep);
    write("card0/device/power/runtime_status", "active\n");
    write("card0/device/gpu_busy_percent", "what\n");
    assert_eq!(card.load().percent, None);
}

#[test]
fn a_gpu_has_a_card_only_where_there_is_no_doubt() {
    let gpu = |number, name: &str, memory_mib| Gpu { number, name: name.to_owned(), memory_mib };
    let card = |name: &str, gib: u64| Card { dir: name.into(), memory_bytes: gib * 1024 * MIB };
    let (big, small) = (gpu(0, "AMD Radeon RX 7900", 24_000), gpu(1, "AMD Radeon 780M", 8_000));
    let nvidia = gpu(2, "NVIDIA GeForce RTX 3060", 12_288);
    let cards = [card("a", 24), card("b", 8)];
    let gpus = [big.clone(), small.clone(), nvidia.clone()];
    assert_eq!(card_of(&big, &gpus, &cards), Some(&cards[0]));
    assert_eq!(card_of(&small, &gpus, &cards), Some(&cards[1]));
    assert_eq!(card_of(&nvidia, &gpus, &cards), None);
    // Two alike.
    let twins = [big.clone(), gpu(1, "AMD Radeon RX 7900", 24_000)];
    assert_eq!(card_of(&twins[0], &twins, &[card("a", 24), card("b", 24)]), None);
    assert_eq!(card_of(&twins[0], &twins, &[card("a", 24)]), None);
    // The memory of a small one is told in another way; it is the only one.
    let shared = [gpu(0, "AMD Radeon Graphics (RADV)", 15_000), nvidia];
    let cards = [card("a", 1)];
    assert_eq!(card_of(&shared[0], &shared, &cards), Some(&cards[0]));
    assert_eq!(card_of(&shared[1], &shared, &cards), None);
    assert_eq!(card_of(&shared[0], &shared, &[]), None);
}
