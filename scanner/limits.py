"""The limits of a frame, in one place. Knows no format."""

BYTES_MAX = 10 * 1024 * 1024
# “12 megapixels” is what phones print on the box: their sensors give up to 4080 × 3072.
PIXELS_MAX = 4080 * 3072
# Of the longer side, since a bar code may be a thin strip. The smallest QR has 21 modules, a bar code more.
SIDE_MIN = 21
# Encoders write about 10 progressive scans, optimisers up to about 20. Each scan walks over the whole
# picture.
SCANS_MAX = 32
# A PNG of 12 megapixels comes in about 2,500 parts of 8 KB; more only keeps us busy.
PARTS_MAX = 5_000
# Colour profiles, EXIF and comments. They are of no use here, and the compressed kinds unpack to a
# thousandfold.
METADATA_BYTES_MAX = 1024 * 1024
