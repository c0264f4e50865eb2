//! What ffmpeg-next does not wrap: stream facts, metadata of any bytes, the downmix, and conversion without a copy.
#![expect(unsafe_code, reason = "FFmpeg's C structures, where ffmpeg-next has no safe way to them")]

use crate::domain::time::SAMPLE_RATE_HZ;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::sample::{Sample, Type};
use ffmpeg_next::software::resampling;
use ffmpeg_next::{ChannelLayout, Dictionary, Error, Stream, frame};
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// Mixing levels, as swresample's options. The centre, where films keep the dialogue, comes out 9 dB above the front
/// sides and 15 dB above the surrounds; the effects channel is left out; `rematrix_maxval` scales all down alike so
/// that nothing clips. Mono stays as it is, stereo becomes the plain average.
const DOWNMIX: [(&str, &str); 4] = [
    ("center_mix_level", "1.414"),
    ("surround_mix_level", "0.5"),
    ("lfe_mix_level", "0"),
    ("rematrix_maxval", "1"),
];

/// A layout's name as FFmpeg writes it, at most this long.
const LAYOUT_NAME_BYTES_MAX: usize = 128;

/// What the codec parameters of a stream say.
#[derive(Debug)]
pub(super) struct StreamFacts {
    /// FFmpeg's codec name; `none` or `unknown` where it has none.
    pub(super) codec: String,
    /// This FFmpeg has a decoder for it.
    pub(super) decodable: bool,
    /// For subtitles: text, not pictures.
    pub(super) text: bool,
    /// Channels; 0 where unknown.
    pub(super) channels: u16,
    /// FFmpeg's name of the layout; empty where unknown.
    pub(super) layout: String,
    /// Samples a second; 0 where unknown.
    pub(super) sample_rate_hz: u32,
}

/// Reads the codec parameters of a stream.
pub(super) fn facts(stream: &Stream) -> StreamFacts {
    // SAFETY: the stream, and so its parameters, live as long as the borrow; the name and the descriptor are static.
    unsafe {
        let parameters = &*(*stream.as_ptr()).codecpar;
        let descriptor = ffi::avcodec_descriptor_get(parameters.codec_id);
        StreamFacts {
            codec: text(ffi::avcodec_get_name(parameters.codec_id)).unwrap_or_default(),
            decodable: !ffi::avcodec_find_decoder(parameters.codec_id).is_null(),
            text: !descriptor.is_null() && (*descriptor).props & ffi::AV_CODEC_PROP_TEXT_SUB != 0,
            channels: u16::try_from(parameters.ch_layout.nb_channels).unwrap_or(0),
            layout: layout_name(&parameters.ch_layout),
            sample_rate_hz: u32::try_from(parameters.sample_rate).unwrap_or(0),
        }
    }
}

/// What a codec wants said before its packets: for ASS the file's header, for WebVTT its styles. Mostly empty.
pub(super) fn extradata(stream: &Stream) -> Vec<u8> {
    // SAFETY: the parameters live as long as the borrow, and FFmpeg keeps as many bytes there as it says.
    unsafe {
        let parameters = &*(*stream.as_ptr()).codecpar;
        let length = usize::try_from(parameters.extradata_size).unwrap_or(0);
        if parameters.extradata.is_null() || length == 0 {
            return Vec::new();
        }
        std::slice::from_raw_parts(parameters.extradata, length).to_vec()
    }
}

fn layout_name(layout: &ffi::AVChannelLayout) -> String {
    if layout.nb_channels <= 0 {
        return String::new();
    }
    let mut name = [0u8; LAYOUT_NAME_BYTES_MAX];
    // SAFETY: the buffer is as long as said, and FFmpeg ends what it writes with a zero inside it.
    let written = unsafe {
        ffi::av_channel_layout_describe(layout, name.as_mut_ptr().cast::<c_char>(), name.len())
    };
    if written < 0 {
        return String::new();
    }
    CStr::from_bytes_until_nul(&name)
        .map(|it| it.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A stream's tag; bytes that are no UTF-8 are replaced.
pub(super) fn tag(stream: &Stream, key: &str) -> Option<String> {
    let key = CString::new(key).ok()?;
    // SAFETY: the dictionary belongs to the stream, which outlives the call; the entry's value ends with a zero.
    unsafe {
        let entry = ffi::av_dict_get((*stream.as_ptr()).metadata, key.as_ptr(), ptr::null(), 0);
        if entry.is_null() { None } else { text((*entry).value) }
    }
}

/// # Safety
/// `from` is null or points to bytes that end with a zero.
unsafe fn text(from: *const c_char) -> Option<String> {
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned())
}

/// When the container starts, in microseconds.
pub(super) fn start_time_us(input: &Input) -> Option<i64> {
    // SAFETY: the context is open as long as the borrow.
    Some(unsafe { (*input.as_ptr()).start_time }).filter(|it| *it != ffi::AV_NOPTS_VALUE)
}

/// True where the container has no table of its streams, so that one may show up late (MPEG program streams).
pub(super) fn streams_may_appear_late(input: &Input) -> bool {
    // SAFETY: as above.
    unsafe { (*input.as_ptr()).ctx_flags & ffi::AVFMTCTX_NOHEADER != 0 }
}

/// True where time stamps may jump (transport streams, chained Ogg).
pub(super) fn clock_may_jump(input: &Input) -> bool {
    // SAFETY: an open input has a format.
    unsafe { (*(*input.as_ptr()).iformat).flags & ffi::AVFMT_TS_DISCONT != 0 }
}

/// True where the duration is only the file's size over a bit rate.
pub(super) fn duration_is_guessed(input: &Input) -> bool {
    let guess = ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE;
    // SAFETY: as above.
    unsafe { (*input.as_ptr()).duration_estimation_method == guess }
}

/// True where reading the file failed for another reason than its end.
pub(super) fn reading_failed(input: &Input) -> bool {
    // SAFETY: the context is open; the reader behind it is ours and lives with it.
    unsafe {
        let reader = (*input.as_ptr()).pb;
        !reader.is_null() && (*reader).error != 0 && (*reader).error != ffi::AVERROR_EOF
    }
}

/// Tells the demuxer to skip the packets of all streams but these.
pub(super) fn discard_others(input: &mut Input, keep: &[usize]) {
    for mut stream in input.streams_mut().filter(|it| !keep.contains(&it.index())) {
        // SAFETY: the stream belongs to the open context, which nobody reads meanwhile.
        unsafe { (*stream.as_mut_ptr()).discard = ffi::AVDiscard::AVDISCARD_ALL }
    }
}

/// The program a stream belongs to and all streams of it, where the file has several programs.
pub(super) fn program_of(input: &Input, index: usize) -> Option<(u32, Vec<usize>)> {
    // SAFETY: FFmpeg keeps `nb_programs` pointers to programs, each with `nb_stream_indexes` indexes.
    unsafe {
        let context = &*input.as_ptr();
        if context.nb_programs < 2 {
            return None;
        }
        for program in std::slice::from_raw_parts(context.programs, context.nb_programs as usize) {
            let program = &**program;
            if program.nb_stream_indexes == 0 {
                continue;
            }
            let count = program.nb_stream_indexes as usize;
            let members = std::slice::from_raw_parts(program.stream_index, count);
            let members: Vec<usize> = members.iter().map(|it| *it as usize).collect();
            if members.contains(&index) {
                return Some((u32::try_from(program.id).unwrap_or(0), members));
            }
        }
    }
    None
}

/// What a frame is made of; when it changes, a new [`Downmix`] is needed.
pub(super) type FrameKind = (Sample, ChannelLayout, u32);

/// Kind of a frame; an unspecified layout becomes the usual one for its channels.
pub(super) fn kind(frame: &mut frame::Audio) -> FrameKind {
    if frame.channel_layout().is_empty() {
        frame.set_channel_layout(ChannelLayout::default(i32::from(frame.channels())));
    }
    (frame.format(), frame.channel_layout(), frame.rate())
}

/// From frames of one kind to 16 kHz mono.
pub(super) struct Downmix {
    context: resampling::Context,
    kind: FrameKind,
}

impl Downmix {
    /// For frames of this kind.
    ///
    /// # Errors
    /// Where FFmpeg cannot mix the layout.
    pub(super) fn new(kind: FrameKind) -> Result<Downmix, Error> {
        let (format, layout, rate) = kind;
        let mono = Sample::F32(Type::Packed);
        let options = Dictionary::from_iter(DOWNMIX);
        let context = resampling::Context::get_with(
            format,
            layout,
            rate,
            mono,
            ChannelLayout::MONO,
            SAMPLE_RATE_HZ,
            options,
        )?;
        Ok(Downmix { context, kind })
    }

    /// Frames it takes.
    pub(super) fn kind(&self) -> FrameKind {
        self.kind
    }

    /// Samples taken in that are still to come out, in 16 kHz samples.
    pub(super) fn delay(&self) -> i64 {
        self.context.delay().map_or(0, |it| it.output)
    }

    /// Converts one frame, of this downmix's kind; what comes out replaces `out`.
    ///
    /// # Errors
    /// Where FFmpeg refuses the frame.
    pub(super) fn convert(
        &mut self,
        frame: &frame::Audio,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        // SAFETY: the frame is alive, and has as many samples as it says in the planes it says.
        unsafe {
            let raw = &*frame.as_ptr();
            self.run(raw.extended_data, raw.nb_samples, out)
        }
    }

    /// Gives out what is still inside; the downmix is used up by it.
    ///
    /// # Errors
    /// Where FFmpeg fails.
    pub(super) fn drain(mut self, out: &mut Vec<f32>) -> Result<(), Error> {
        // SAFETY: no input is the documented way to drain.
        unsafe { self.run(ptr::null_mut(), 0, out) }
    }

    /// # Safety
    /// `planes` is null, or holds `samples` samples in this downmix's kind.
    unsafe fn run(
        &mut self,
        planes: *mut *mut u8,
        samples: i32,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        // SAFETY: `out` has room for as many samples as FFmpeg is told, which is as many as it said may come.
        unsafe {
            let context = self.context.as_mut_ptr();
            let room = ffi::swr_get_out_samples(context, samples).max(0);
            out.clear();
            out.resize(room as usize, 0.0);
            let mut to = out.as_mut_ptr().cast::<u8>();
            let came = ffi::swr_convert(context, &mut to, room, planes.cast(), samples);
            if came < 0 {
                return Err(Error::from(came));
            }
            out.truncate(came as usize);
        }
        Ok(())
    }
}
