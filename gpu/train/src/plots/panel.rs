//! One panel of a plot: axes, and a quantity of all runs over epochs or time.

use super::axis::Axis;
use super::curve::{Curve, Images, Point, Progress, Quantity};
use super::error::Error;
use super::style::{Area, DASH, FINE, THIN, stroke, text};
use plotters::chart::ChartContext;
use plotters::prelude::*;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

const GRID: RGBColor = RGBColor(225, 225, 225);
const FRAME: RGBColor = RGBColor(120, 120, 120);

/// What a panel shows.
pub(super) struct Panel<'c> {
    lines: Vec<Line<'c>>,
    x: Axis,
    y: Axis,
    x_name: String,
    y_name: &'static str,
}

/// One kind of images of a run.
struct Line<'c> {
    curve: &'c Curve<'c>,
    images: Images,
    pieces: Vec<Vec<Point>>,
}

impl<'c> Panel<'c> {
    pub fn new(quantity: Quantity, progress: Progress, curves: &'c [Curve<'c>]) -> Self {
        let line = |curve, images| {
            let pieces = Curve::pieces(curve, quantity, images, progress);
            Line { curve, images, pieces }
        };
        let of_a_run = |curve| [Images::Test, Images::Train].map(|images| line(curve, images));
        let mut lines: Vec<_> = curves.iter().flat_map(of_a_run).collect();

        let last = points(&lines).map(|(x, _)| x).fold(0.0, f64::max);
        let (unit, x_name, finest) = match progress {
            Progress::Epochs => (1.0, "epochs".to_owned(), 1.0),
            Progress::Seconds => {
                let (seconds, name) = time_unit(last);
                (seconds, format!("{name} of training"), 0.0)
            }
        };
        lines
            .iter_mut()
            .flat_map(|line| line.pieces.iter_mut().flatten())
            .for_each(|p| p.0 /= unit);
        let (y, y_name) = match quantity {
            Quantity::Loss => (Axis::around_positive(points(&lines).map(|p| p.1)), "loss"),
            Quantity::Accuracy => (Axis::around(points(&lines).map(|p| p.1)), "accuracy / %"),
        };
        let x = Axis::from_zero(last / unit, finest);
        Self { lines, x, y, x_name, y_name }
    }

    pub fn draw(&self, area: &Area) -> Result<(), Error> {
        let mut chart = ChartBuilder::on(area)
            .margin_right(14 * FINE)
            .margin_left(8 * FINE)
            .margin_bottom(8 * FINE)
            .margin_top(4 * FINE)
            .x_label_area_size(40 * FINE)
            .y_label_area_size(56 * FINE)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        chart
            .configure_mesh()
            .bold_line_style(stroke(GRID, THIN))
            .axis_style(stroke(FRAME, THIN))
            .label_style(text(11, &BLACK))
            .axis_desc_style(text(12, &BLACK))
            .set_all_tick_mark_size(3 * FINE)
            .x_desc(&self.x_name)
            .y_desc(self.y_name)
            .draw()?;
        self.lines.iter().try_for_each(|line| line.draw(&mut chart))
    }
}

impl Line<'_> {
    fn draw(&self, chart: &mut Chart) -> Result<(), Error> {
        let style = stroke(self.curve.colour, self.curve.width);
        for piece in &self.pieces {
            let points = piece.iter().copied();
            match (&piece[..], self.images) {
                (&[point], images) => chart.draw_series([dot(point, images, style)])?,
                (_, Images::Train) => chart.draw_series(LineSeries::new(points, style))?,
                (_, Images::Test) => {
                    chart.draw_series(DashedLineSeries::new(points, DASH.0, DASH.1, style))?
                }
            };
        }
        Ok(())
    }
}

/// A point without neighbours, which no line shows: full for training images, a ring for test ones.
fn dot(point: Point, images: Images, style: ShapeStyle) -> Circle<Point, i32> {
    let filled = images == Images::Train;
    Circle::new(point, 3 * FINE, ShapeStyle { filled, ..style })
}

fn points<'l>(lines: &'l [Line]) -> impl Iterator<Item = Point> + use<'l> {
    lines.iter().flat_map(|line| line.pieces.iter().flatten()).copied()
}

/// Seconds, minutes or hours, so that the numbers are small; and how many seconds that is.
fn time_unit(seconds: f64) -> (f64, &'static str) {
    const UNITS: [(f64, &str); 3] = [(3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds")];
    UNITS.into_iter().find(|(unit, _)| seconds >= 5.0 * unit).unwrap_or(UNITS[2])
}
