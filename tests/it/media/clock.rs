//! The video's clock: late starts, gaps, edit lists, transport streams, programs, seeking.

use super::{SECOND, Studio, onset, rms, tone};

const VIDEO: &str = "-f lavfi -i testsrc=d=8:s=64x64:r=25";

#[test]
fn a_late_start_is_silence() {
    let mut studio = Studio::new();
    for (name, codec) in [
        ("a.mkv", "-c:a ac3 -c:v mpeg4"),
        ("a.mp4", "-c:a aac -c:v mpeg4"),
        ("a.ts", "-c:a mp2 -c:v mpeg2video"),
        ("b.mkv", "-c:a flac -c:v mpeg4"),
        ("a.mpg", "-c:a mp2 -c:v mpeg2video"),
    ] {
        let args = format!("{VIDEO} -itsoffset 2.5 -f lavfi -i sine=440:d=4 -map 0 -map 1 {codec}");
        let path = studio.make(name, &args);
        let (heard, report) = studio.hear(&path);
        let at = onset(&heard);
        assert!(at.abs_diff(SECOND * 5 / 2) < 800, "{name}: sound at {at}");
        assert!(heard.len().abs_diff(SECOND * 13 / 2) < 1600, "{name}: {} {report:?}", heard.len());
        assert!(report.inserted_samples.abs_diff(40_000) < 800, "{name}: {report:?}");
        assert!(!report.truncated, "{name}: the audio is shorter than the video, not cut");
    }
}

#[test]
fn a_gap_is_silence() {
    let mut studio = Studio::new();
    let made = "-f lavfi -i sine=440:d=8 -af aselect='not(between(t,3,5))' -c:a flac";
    for name in ["g.mka", "g.mkv"] {
        let path = studio.make(name, made);
        let (heard, report) = studio.hear(&path);
        assert!(heard.len().abs_diff(8 * SECOND) < 800, "{name}: {} {report:?}", heard.len());
        assert!(report.inserted_samples.abs_diff(2 * SECOND as u64) < 1600, "{name}: {report:?}");
        assert!(rms(&heard, 51_200, 78_400) < 0.001, "{name}: silent inside");
        assert!(rms(&heard, 16_000, 46_000) > 0.05 && rms(&heard, 82_000, 120_000) > 0.05, "{name}");
    }
}

#[test]
fn audio_that_starts_very_late_is_found_without_a_header() {
    let mut studio = Studio::new();
    let args = "-f lavfi -i testsrc2=d=20:s=320x240:r=25 -itsoffset 15 -f lavfi -i sine=440:d=4 -map 0 -map 1 \
                -c:a mp2 -c:v mpeg2video -b:v 6M";
    let path = studio.make("late.mpg", args);
    let (heard, _) = studio.hear(&path);
    assert!(onset(&heard).abs_diff(15 * SECOND) < 1600, "{}", onset(&heard));
}

#[test]
fn a_transport_stream_starts_at_its_own_time() {
    let mut studio = Studio::new();
    let args = format!("{VIDEO} -f lavfi -i sine=440:d=8 -c:a mp2 -c:v mpeg2video");
    let path = studio.make("s.ts", &args);
    let probe = studio.probe(&path).unwrap();
    assert!(probe.start.0.abs_diff(1400) < 100, "{:?}", probe.start);
    let (heard, report) = studio.hear(&path);
    assert!(heard.len().abs_diff(8 * SECOND) < 1600, "{} {report:?}", heard.len());
    assert!(report.inserted_samples < 800, "{report:?}");
}

#[test]
fn joined_transport_streams_go_on() {
    let mut studio = Studio::new();
    let long = "-f lavfi -i sine=440:d=25 -c:a mp2";
    let first = studio.make("1.ts", long);
    let joined = std::fs::read(first).unwrap().repeat(2);
    let path = studio.path("j.ts");
    std::fs::write(&path, joined).unwrap();
    let (heard, report) = studio.hear(&path);
    assert!(heard.len().abs_diff(50 * SECOND) < 1600, "{} {report:?}", heard.len());
}

#[test]
fn a_broken_clock_does_not_make_days_of_silence() {
    let mut studio = Studio::new();
    let made = "-f lavfi -i sine=440:d=8 -af asetpts='PTS+if(between(T,3,3.05),400000/TB,0)' -c:a flac";
    let path = studio.make("one.mka", made);
    let (heard, report) = studio.hear(&path);
    assert!(heard.len() < 10 * SECOND && report.inserted_samples < 3200, "{report:?}");
    let made = "-f lavfi -i sine=440:d=8 -af asetpts='PTS+if(gt(T,3),400000/TB,0)' -c:a flac";
    let path = studio.make("all.mka", made);
    let (heard, report) = studio.hear(&path);
    assert!(heard.len().abs_diff(8 * SECOND) < 1600, "{report:?}");
}

#[test]
fn an_edit_list_is_obeyed() {
    let mut studio = Studio::new();
    let tone = "aevalsrc=if(lt(t\\,3)\\,0\\,0.5*sin(2*PI*440*t)):d=8:s=48000";
    let whole = studio.make("w.mp4", &format!("{VIDEO} -f lavfi -i {tone} -c:v mpeg4 -g 50 -c:a aac"));
    let cut = format!("-ss 1.3 -i {} -c copy", whole.display());
    let path = studio.make("e.mp4", &cut);
    let (heard, report) = studio.hear(&path);
    let probe = studio.probe(&path).unwrap();
    let at = onset(&heard);
    assert!(at.abs_diff(SECOND * 17 / 10) < 1600, "sound at {at}, {report:?}, {probe:?}");
}

#[test]
fn several_programs_each_with_its_tracks() {
    let mut studio = Studio::new();
    let args = "-f lavfi -i sine=440:d=4 -f lavfi -i sine=880:d=4 -map 0 -map 1 -c:a mp2 \
                -program program_num=1:st=0 -program program_num=2:st=1";
    let path = studio.make("p.ts", args);
    let probe = studio.probe(&path).unwrap();
    let programs: Vec<Option<u32>> = probe.audio.iter().map(|it| it.program).collect();
    assert_eq!(programs, [Some(1), Some(2)]);
    for (track, hz) in probe.audio.iter().zip([440.0, 880.0]) {
        let (heard, _) = studio.decode(&path, track.index).unwrap();
        assert!(tone(&heard[SECOND..2 * SECOND], hz) > 0.05, "{hz}");
        assert!(heard.len().abs_diff(4 * SECOND) < 1600);
    }
}

#[test]
fn a_part_is_the_same_part_of_the_whole() {
    let mut studio = Studio::new();
    // A sweep: every instant sounds different.
    let sweep = "-f lavfi -i aevalsrc=0.5*sin(2*PI*(200*t+20*t*t)):d=30:s=44100";
    let video = "-f lavfi -i testsrc=d=30:s=64x64:r=25";
    for (name, args) in [
        ("p.wav", sweep.to_owned()),
        ("p.flac", sweep.to_owned()),
        ("p.mp3", format!("{sweep} -q:a 5")),
        ("p.aac", sweep.to_owned()),
        ("p.m4a", format!("{sweep} -c:a aac")),
        ("p.ogg", format!("{sweep} -c:a libvorbis")),
        ("p.mka", format!("{sweep} -c:a libopus")),
        ("p.mkv", format!("{sweep} {video} -c:a ac3 -c:v mpeg4 -g 100")),
        ("p.mp4", format!("{sweep} {video} -c:a aac -c:v mpeg4 -g 100")),
        ("p.ts", format!("{sweep} {video} -c:a mp2 -c:v mpeg2video")),
        ("p.avi", format!("{sweep} {video} -c:a libmp3lame -c:v mpeg4 -g 100")),
    ] {
        let path = studio.make(name, &args);
        let track = studio.probe(&path).unwrap().audio[0].index;
        let (whole, _) = studio.decode(&path, track).unwrap();
        for (from, length) in [(0, 1500), (700, 1000), (13_337, 2000), (28_500, 60_000), (50_000, 1000)] {
            let (part, report) = studio.part(&path, track, Some(from), Some(length)).unwrap();
            let first = (from as usize * 16).min(whole.len());
            let last = (first + length as usize * 16).min(whole.len());
            let expected = &whole[first..last];
            assert!(part.len().abs_diff(expected.len()) <= 32, "{name} at {from}: {report:?}");
            let apart = difference(&part, expected);
            assert!(apart < 0.15, "{name} at {from}: {apart}");
        }
    }
}

/// Largest loudness of the difference over 50 ms, at the best shift of at most 1 ms (containers round).
fn difference(part: &[f32], whole: &[f32]) -> f32 {
    let count = part.len().min(whole.len()).saturating_sub(40);
    let at_shift = |shift: usize| {
        let apart: Vec<f32> = (0..count).map(|it| part[it + 16] - whole[it + shift]).collect();
        apart.chunks(800).map(|it| rms(it, 0, it.len())).fold(0.0, f32::max)
    };
    (0..=32).map(at_shift).fold(f32::INFINITY, f32::min)
}
