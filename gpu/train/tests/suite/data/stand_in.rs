//! Stand-ins: what they give, and what is refused of them.

use super::scene::{CLASSES, Scene, encode, number, picture, says};
use fixtures::run::Dataset;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::fs;
use train::data::IMAGE_BYTES;

#[test]
fn images_of_all_classes_take_turns_in_the_order_of_their_names() {
    let data = Scene::new().load().unwrap();
    assert_eq!(data.classes, CLASSES);
    assert_eq!(data.label, "birds");
    assert_eq!(data.test.classes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(data.train.classes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // `a` before `b`, which was written first; the green of the first pixel is the number
    let green = |image: usize| data.train.pixels[image * IMAGE_BYTES + 1024];
    assert_eq!([green(0), green(10)], [number(b'a', 0), number(b'b', 0)]);
    assert_eq!([green(9), green(19)], [number(b'a', 9), number(b'b', 9)]);
    assert_eq!(data.test.pixels[9 * IMAGE_BYTES + 1024], number(b'c', 9));
    assert_eq!((data.train.len(), data.train.pixels.len()), (20, 20 * IMAGE_BYTES));
}

#[test]
fn pixels_are_three_planes_red_green_and_blue_row_by_row() {
    let scene = Scene::new();
    let data = scene.load().unwrap();
    let picture = picture(number(b'c', 4));
    for channel in 0..3 {
        for (x, y) in [(0, 0), (5, 0), (0, 9), (31, 17), (31, 31)] {
            let at = 4 * IMAGE_BYTES + channel * 1024 + y as usize * 32 + x as usize;
            assert_eq!(
                data.test.pixels[at],
                picture.get_pixel(x, y).0[channel],
                "{channel} {x} {y}"
            );
        }
    }
}

#[test]
fn a_jpeg_is_decoded_to_nearly_what_was_encoded() {
    let scene = Scene::new();
    let even = RgbImage::from_pixel(32, 32, image::Rgb([200, 40, 90]));
    fs::remove_file(scene.path("test/ant/c.png")).unwrap();
    scene.write("test/ant/c.JPG", encode(even, ImageFormat::Jpeg));
    let data = scene.load().unwrap();
    for (plane, value) in data.test.pixels[..IMAGE_BYTES].chunks(1024).zip([200_u8, 40, 90]) {
        assert!(plane.iter().all(|&pixel| pixel.abs_diff(value) <= 3), "{:?}", &plane[..4]);
    }
}

#[test]
fn grey_is_the_same_in_all_three_planes() {
    let scene = Scene::new();
    let grey = DynamicImage::from(picture(0)).to_luma8();
    for (class, format) in [("ant", ImageFormat::Png), ("bee", ImageFormat::Jpeg)] {
        scene.write(&format!("test/{class}/c.png"), encode(grey.clone(), format));
    }
    let data = scene.load().unwrap();
    for image in data.test.pixels.chunks(IMAGE_BYTES).take(2) {
        let planes: Vec<&[u8]> = image.chunks(1024).collect();
        assert!(planes[0] == planes[1] && planes[1] == planes[2]);
    }
    assert_eq!(data.test.pixels[..1024], grey.as_raw()[..]);
}

#[test]
fn transparency_and_sixteen_bits_are_refused() {
    let picture = DynamicImage::from(picture(1));
    for (image, kind) in [
        (DynamicImage::from(picture.to_rgba8()), "Rgba8"),
        (DynamicImage::from(picture.to_luma_alpha8()), "La8"),
        (DynamicImage::from(picture.to_rgb16()), "Rgb16"),
    ] {
        let scene = Scene::new();
        scene.write("train/cat/a.png", encode(image, ImageFormat::Png));
        scene.refused(&["train/cat/a.png", kind, "8 bits"]);
    }
}

#[test]
fn an_image_that_cannot_be_used_is_named_with_what_is_wrong() {
    let jpeg = encode(picture(1), ImageFormat::Jpeg);
    let png = encode(picture(1), ImageFormat::Png);
    let mut bad_jpeg = jpeg.clone();
    bad_jpeg[20..200].fill(0);
    let mut bad_png = png.clone();
    bad_png[png.len() / 2] ^= 1;
    let large = encode(RgbImage::new(64, 33), ImageFormat::Jpeg);
    let short = |image: &[u8], bytes: usize| image[..image.len() - bytes].to_vec();
    let cases: [(&str, Vec<u8>, &str); 11] = [
        ("cut.jpg", short(&jpeg, 60), "does not end as a JPEG image does"),
        ("cut_little.jpg", short(&jpeg, 1), "does not end as a JPEG image does"),
        ("cut.png", short(&png, 60), "does not end as a PNG image does"),
        ("cut_little.png", short(&png, 1), "does not end as a PNG image does"),
        ("bad.jpg", bad_jpeg, "cannot be decoded"),
        ("bad.png", bad_png, "cannot be decoded"),
        ("large.jpg", large, "has 64×33 pixels; 32×32 are needed"),
        ("text.jpg", b"no image".to_vec(), "neither a JPEG nor a PNG"),
        ("empty.png", Vec::new(), "neither a JPEG nor a PNG"),
        ("film.jpeg", b"GIF89a\0\0\0\0".to_vec(), "neither a JPEG nor a PNG"),
        ("huge.png", vec![0; (1 << 20) + 1], "has 1048577 bytes"),
    ];
    for (name, content, problem) in cases {
        let scene = Scene::new();
        scene.write(&format!("test/dog/{name}"), content);
        let path = scene.path("test/dog").join(name);
        scene.refused(&[path.to_str().unwrap(), problem]);
        assert!(!scene.cache().exists());
    }
}

#[test]
fn the_first_of_many_wrong_images_is_named_and_the_others_are_counted() {
    let scene = Scene::new();
    for class in ["jay", "cat", "dog"] {
        scene.write(&format!("train/{class}/b.png"), "x");
    }
    scene.refused(&["train/cat/b.png", "(and 2 more files are wrong)"]);
}

#[test]
fn what_does_not_belong_there_is_refused() {
    for (path, expected) in [
        ("train/cat/notes.txt", "only images do"),
        ("train/cat/README", "only images do"),
        ("test/notes.txt", "only classes do"),
    ] {
        let scene = Scene::new();
        scene.write(path, "x");
        scene.refused(&[path, "does not belong here", expected]);
    }
    let scene = Scene::new();
    fs::create_dir(scene.path("train/cat/more.png")).unwrap();
    scene.refused(&["train/cat/more.png", "does not belong here"]);
}

#[test]
fn names_that_begin_with_a_dot_are_passed_over() {
    let scene = Scene::new();
    let plain = scene.load().unwrap();
    scene.write("train/.hidden", "x");
    scene.write("train/cat/.hidden", "x");
    fs::create_dir(scene.path("test/.folder")).unwrap();
    assert_eq!(scene.load().unwrap(), plain);
}

#[test]
fn train_and_test_have_the_same_classes() {
    let scene = Scene::new();
    fs::remove_dir_all(scene.path("test/hen")).unwrap();
    fs::create_dir(scene.path("test/owl")).unwrap();
    scene.refused(&["only in train: hen", "only in test: owl"]);

    let scene = Scene::new();
    fs::remove_dir_all(scene.path("test")).unwrap();
    scene.refused(&["birds/test: is no directory", "both train and test"]);
}

#[test]
fn the_number_of_classes_is_the_datasets() {
    let scene = Scene::new();
    let error = scene.load_as(Dataset::Cifar100, &scene.data_dir).unwrap_err();
    says(&error, &["birds/train", "has 10 classes", "cifar100 has 100"]);
    for set in ["train", "test"] {
        fs::remove_dir_all(scene.path(set).join("hen")).unwrap();
    }
    scene.refused(&["has 9 classes", "cifar10 has 10"]);
}

#[test]
fn a_class_without_images_is_refused() {
    let scene = Scene::new();
    fs::remove_file(scene.path("test/fox/c.png")).unwrap();
    scene.write("test/fox/.hidden", "x");
    scene.refused(&["test/fox: holds no images"]);
}

#[test]
fn a_file_may_give_another_label_than_the_directory() {
    let scene = Scene::new();
    for written in ["small-birds.v2\n", "\u{feff}small-birds.v2\r\n"] {
        scene.write("LABEL", written);
        assert_eq!(scene.load().unwrap().label, "small-birds.v2");
    }
}

#[test]
fn a_stand_in_never_passes_for_the_published_set() {
    let scene = Scene::new();
    for label in ["cifar10", "CIFAR100", "cifar100\n"] {
        scene.write("LABEL", label);
        scene.refused(&["LABEL", label.trim(), "only the published set"]);
    }
    for label in ["", "two words", "a/b", "one\ntwo", &"x".repeat(65), &"x".repeat(5000)] {
        scene.write("LABEL", label);
        scene.refused(&["LABEL", "1 to 64 letters"]);
    }
    fs::remove_file(scene.path("LABEL")).unwrap();
    let renamed = scene.data_dir.with_file_name("cifar10");
    fs::rename(&scene.data_dir, &renamed).unwrap();
    let error = scene.load_as(Dataset::Cifar10, &renamed).unwrap_err();
    says(&error, &["only the published set", "Write another one into", "cifar10/LABEL"]);
}

#[test]
fn a_published_set_beside_a_stand_in_is_refused() {
    let scene = Scene::new();
    fs::create_dir(scene.path("cifar-10-batches-bin")).unwrap();
    scene.refused(&["birds: holds both", "cifar-10-batches-bin", "move one of them"]);
}
