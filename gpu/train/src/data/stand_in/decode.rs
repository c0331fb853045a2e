//! From image files to planes of pixels.

use super::listing::Entry;
use crate::data::error::Error;
use crate::data::images::{IMAGE_BYTES, Images, SIDE};
use crate::data::problem::ImageProblem;
use crate::data::progress;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder, ImageFormat};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::Path;

/// 32×32 pixels take 3 KiB; this leaves room for whatever else a file carries.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Decodes sets of images, on all cores.
pub(super) fn all(sets: [&[Entry]; 2]) -> Result<[Images; 2], Error> {
    let bar = progress::images("decoding", sets.iter().map(|set| set.len()).sum());
    let mut problems = Vec::new();
    let images = sets.map(|set| {
        let mut pixels = vec![0; set.len() * IMAGE_BYTES];
        let failures =
            pixels.par_chunks_exact_mut(IMAGE_BYTES).zip(set).filter_map(|(to, entry)| {
                let problem = file(&entry.path, to, &bar).err()?;
                Some((&entry.path, problem))
            });
        problems.extend(failures.collect::<Vec<_>>());
        Images { pixels, classes: set.iter().map(|entry| entry.class).collect() }
    });
    bar.finish_and_clear();
    let more = problems.len().saturating_sub(1);
    match problems.into_iter().next() {
        None => Ok(images),
        Some((path, problem)) => Err(Error::Image { path: path.clone(), problem, more }),
    }
}

fn file(path: &Path, planes: &mut [u8], bar: &ProgressBar) -> Result<(), ImageProblem> {
    bar.inc(1);
    // Asked before opening: opening a pipe waits for a writer.
    let bytes = fs::metadata(path)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ImageProblem::TooLarge { bytes, limit: MAX_FILE_BYTES });
    }
    let mut content = Vec::with_capacity(bytes as usize + 1);
    File::open(path)?.take(MAX_FILE_BYTES).read_to_end(&mut content)?;
    decode(&content, planes)
}

/// Decodes an image into three planes: red, green and blue.
fn decode(content: &[u8], planes: &mut [u8]) -> Result<(), ImageProblem> {
    match image::guess_format(content) {
        Ok(ImageFormat::Jpeg) => {
            ends(content, b"\xff\xd9", "JPEG")?;
            split(JpegDecoder::new(Cursor::new(content))?, planes)
        }
        Ok(ImageFormat::Png) => {
            ends(content, b"IEND\xae\x42\x60\x82", "PNG")?;
            split(PngDecoder::new(Cursor::new(content))?, planes)
        }
        _ => Err(ImageProblem::NotAnImage),
    }
}

/// A JPEG that is cut off is decoded without complaint, the rest of it grey.
fn ends(content: &[u8], end: &[u8], format: &'static str) -> Result<(), ImageProblem> {
    if content.ends_with(end) { Ok(()) } else { Err(ImageProblem::CutOff { format }) }
}

fn split(decoder: impl ImageDecoder, planes: &mut [u8]) -> Result<(), ImageProblem> {
    let (width, height) = decoder.dimensions();
    if (width as usize, height as usize) != (SIDE, SIDE) {
        return Err(ImageProblem::Size { width, height });
    }
    let channels = match decoder.color_type() {
        ColorType::L8 => 1,
        ColorType::Rgb8 => 3,
        other => return Err(ImageProblem::Colour(other)),
    };
    let mut pixels = vec![0; channels * SIDE * SIDE];
    decoder.read_image(&mut pixels)?;
    // [pixel, channel] → [channel, pixel]; grey is the same in all three
    for (channel, plane) in planes.chunks_exact_mut(SIDE * SIDE).enumerate() {
        let channel = channel.min(channels - 1);
        for (to, pixel) in plane.iter_mut().zip(pixels.chunks_exact(channels)) {
            *to = pixel[channel];
        }
    }
    Ok(())
}
