//! The drawing of one plot: a title, two panels and a legend.

use super::curve::{Curve, Images, Progress, Quantity};
use super::error::Error;
use super::labels::{Label, labels, shorten};
use super::neighbours::{MOST, Neighbours};
use super::panel::Panel;
use super::style::{Area, DASH, FINE, stroke, text};
use fixtures::run::Record;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width of the run itself and of the neighbours, in units.
const WIDTHS: (i32, i32) = (FINE * 9 / 4, FINE * 5 / 4);

const WIDTH: i32 = 1130;
const HEIGHT: i32 = 420;
const TITLE: i32 = 34;
const LEGEND: i32 = 250;
/// Height of a line in the legend.
const LINE: i32 = 18;

/// Of the run itself.
const THIS: RGBColor = BLACK;
/// Of what matters less.
const FAINT: RGBColor = RGBColor(100, 100, 100);
/// Of the neighbours: what is dark enough of Paul Tol's muted scheme, which the colour-blind can
/// tell apart.
const COLOURS: [RGBColor; MOST] = [
    RGBColor(204, 102, 119),
    RGBColor(51, 34, 136),
    RGBColor(68, 170, 153),
    RGBColor(153, 153, 51),
    RGBColor(136, 204, 238),
    RGBColor(170, 68, 153),
    RGBColor(17, 119, 51),
    RGBColor(136, 34, 85),
];

/// One plot.
pub(super) struct Figure<'r> {
    quantity: Quantity,
    title: String,
    /// The run itself is the last and lies on top.
    curves: Vec<Curve<'r>>,
    left_out: usize,
}

impl<'r> Figure<'r> {
    pub fn new(quantity: Quantity, this: &'r Record, neighbours: &'r Neighbours) -> Self {
        let mut runs: Vec<_> = neighbours.runs.iter().map(|(name, run)| (&**name, run)).collect();
        runs.push((&neighbours.own, this));
        let settings: Vec<_> = runs.iter().map(|&(name, run)| (name, &run.run.settings)).collect();
        let styles = COLOURS.map(|colour| (colour, WIDTHS.1)).into_iter().take(runs.len() - 1);
        let curves =
            runs.iter().zip(labels(&settings)).zip(styles.chain([(THIS, WIDTHS.0)])).map(
                |((&(_, record), label), (colour, width))| Curve { record, label, colour, width },
            );
        let curves = curves.collect();
        Self { quantity, title: title(quantity, this), curves, left_out: neighbours.left_out }
    }

    /// The drawing as the text of a file.
    pub fn svg(&self) -> Result<String, Error> {
        let mut drawing = String::new();
        let size = ((WIDTH * FINE) as u32, (HEIGHT * FINE) as u32);
        let area = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        self.draw(&area)?;
        area.present()?;
        drop(area);
        // The drawing, which is as large as its units, inside one as large as its pixels.
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {} {}\">\n{drawing}</svg>\n",
            size.0, size.1
        ))
    }

    fn draw(&self, area: &Area) -> Result<(), Error> {
        area.fill(&WHITE)?;
        let title = text(16, &BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(&self.title, &title, (16 * FINE, (TITLE / 2 + 4) * FINE))?;
        let (_, below) = area.split_vertically(TITLE * FINE);
        let (panels, legend) = below.split_horizontally((WIDTH - LEGEND) * FINE);
        let (left, right) = panels.split_horizontally((WIDTH - LEGEND) / 2 * FINE);
        Panel::new(self.quantity, Progress::Epochs, &self.curves).draw(&left)?;
        Panel::new(self.quantity, Progress::Seconds, &self.curves).draw(&right)?;
        self.draw_legend(&legend)
    }

    /// This run, then what the strokes mean, then the others.
    fn draw_legend(&self, area: &Area) -> Result<(), Error> {
        let mut line = Legend { area, y: 16 };
        let (this, others) = self.curves.split_last().expect("the run itself");
        line.run(this)?;
        line.stroke(this, Images::Test)?;
        line.text("the same on test images", &BLACK)?;
        line.y += 6;
        others.iter().try_for_each(|other| line.run(other))?;
        match self.left_out {
            0 => Ok(()),
            1 => line.text("1 more run is not shown", &FAINT),
            more => line.text(&format!("{more} more runs are not shown"), &FAINT),
        }
    }
}

/// A legend in the making.
struct Legend<'a, 'b> {
    area: &'a Area<'b>,
    /// Pixels from above.
    y: i32,
}

impl Legend<'_, '_> {
    fn run(&mut self, curve: &Curve) -> Result<(), Error> {
        let Label { name, detail } = &curve.label;
        self.stroke(curve, Images::Train)?;
        self.text(name, &BLACK)?;
        if let Some(detail) = detail {
            self.y -= 4; // closer to its name
            self.text(detail, &FAINT)?;
        }
        Ok(())
    }

    /// A sample of the run's line, in front of the next text.
    fn stroke(&self, curve: &Curve, images: Images) -> Result<(), Error> {
        let y = self.y * FINE;
        let ends = [(4 * FINE, y), (30 * FINE, y)];
        let style = stroke(curve.colour, curve.width);
        match images {
            Images::Train => self.area.draw(&PathElement::new(ends, style))?,
            Images::Test => {
                let dashed = DashedPathElement::new(ends, DASH.0, DASH.1, style);
                self.area.draw(&dashed)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, line: &str, colour: &RGBColor) -> Result<(), Error> {
        let style = text(11, colour).pos(Pos::new(HPos::Left, VPos::Center));
        self.area.draw_text(line, &style, (36 * FINE, self.y * FINE))?;
        self.y += LINE;
        Ok(())
    }
}

fn title(quantity: Quantity, this: &Record) -> String {
    let settings = &this.run.settings;
    let (done, all) = (this.epochs.len(), settings.epoch);
    let epochs =
        if done as u64 == all { format!("{all} epochs") } else { format!("epoch {done} of {all}") };
    let quantity = match quantity {
        Quantity::Loss => "Loss",
        Quantity::Accuracy => "Accuracy",
    };
    format!("{quantity} of {} on {}, {epochs}", settings.model, shorten(&settings.images, 40))
}
