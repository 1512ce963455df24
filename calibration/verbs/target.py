"""`hairline calibrate target`: the board, or tags for the wall, to print."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

PAPERS = ("a4", "a3", "letter")
KINDS = ("charuco", "chessboard", "tags")

HELP = "a board or AprilTags to print, as PDF at true scale"
DESCRIPTION = """Writes a PDF of a ChArUco board, a chessboard or a sheet of AprilTags 36h11, with rulers that show
whether the printer kept its scale. A board or tags of other measures: 'charuco:COLSxROWS:SQUARE_MM',
'chessboard:COLSxROWS:SQUARE_MM', 'tags:SIDE_MM:IDS' with IDS such as 0-5 or 3,8,12."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--board", required=True, metavar="BOARD", help="charuco, chessboard or tags, or with measures")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the PDF to write")
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="default: a4")


def run(args: Namespace) -> int:
    from calibration.board import parse_board
    from calibration.target import board_pdf, default_target, parse_tags, tags_pdf
    from edge.durable import write_durably
    from edge.errors import CalibrationError

    text = default_target(args.board, args.paper) if args.board in KINDS else args.board
    if text.startswith("tags:"):
        what = str(sheet := parse_tags(text))
        pdf = tags_pdf(sheet, args.paper)
    else:
        what = str(board := parse_board(text))
        pdf = board_pdf(board, args.paper)
    try:
        write_durably(args.output, pdf)
    except OSError as failed:
        raise CalibrationError(f"{args.output}: cannot be written: {failed.strerror or failed}") from failed
    sys.stdout.write(f"{args.output}: {what} on {args.paper}; print it at 100 % and measure both rulers\n")
    return 0
