"""Starts the public FuseLIP trainer (github.com/chs20/fuselip) on the tables of this package.

The trainer's own `--dataset-type csv-multimodal` reads three columns (input_image, edit, output_image), needs all of them in every
row, and knows no groups. This file puts another reader in its place: four columns, any of them empty, and rows of one group kept
in one batch by the trainer's own samplers. Nothing else of the trainer is changed. All arguments go to the trainer.
"""
import csv
import os
import sys

# left image, left text, right image, right text
COLUMNS = ("input_image", "edit", "output_image", "caption")
GROUP_COLUMN = "group"


def read_table(path):
    """Rows as dictionaries; empty cells are empty strings, so that the text "NA" stays a text."""
    csv.field_size_limit(10_000_000)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in (*COLUMNS, GROUP_COLUMN) if rows and name not in rows[0]]
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(missing)}; expected {', '.join((*COLUMNS, GROUP_COLUMN))}.")
    return rows


def combine(rows):
    """Indices of rows that share a batch: one list for each group, and one for each row without a group."""
    combined, place_of = [], {}
    for index, row in enumerate(rows):
        group = row[GROUP_COLUMN]
        if group and group in place_of:
            combined[place_of[group]].append(index)
            continue
        if group:
            place_of[group] = len(combined)
        combined.append([index])
    return combined


def open_picture(path):
    """Upright RGB; transparency is laid on white."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            picture = Image.alpha_composite(ground, picture)
        return picture.convert("RGB")


class PairTable:
    """Items are (left text, left image, right text, right image); an absent image is None, an absent text is the empty one."""

    def __init__(self, path, image_processor, tokenizer, keep_groups=True):
        self.rows = read_table(path)
        self.folder = os.path.dirname(os.path.abspath(path))
        self.combined_items = combine(self.rows) if keep_groups else [[index] for index in range(len(self.rows))]
        self.image_processor = image_processor
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        left_image, left_text, right_image, right_text = (self.rows[index][name] for name in COLUMNS)
        return self._text(left_text), self._image(left_image), self._text(right_text), self._image(right_image)

    def _text(self, text):
        return self.tokenizer([text])[0]

    def _image(self, path):
        return self.image_processor(open_picture(os.path.join(self.folder, path))) if path else None


def get_pairs(args, preprocess_fn, is_train, epoch=0, tokenizer=None, **_):
    """What the trainer asks of every kind of data."""
    from fuse_clip.fuse_clip_utils import fused_train_collator
    from fuse_data.samplers import DistributedMergedSampler, MergedBatchSampler, MergedSampler
    from open_clip_train.data import DataInfo
    from torch.utils.data import DataLoader

    keep_groups = os.environ.get("KEEP_GROUPS", "1") != "0"
    table = PairTable(args.train_data if is_train else args.val_data, preprocess_fn, tokenizer, keep_groups)
    is_distributed = is_train and args.distributed
    if is_train and len(table) < args.batch_size * getattr(args, "world_size", 1):
        raise SystemExit(f"The table has {len(table)} rows, fewer than one batch over all devices. Lower BATCH_SIZE or use fewer devices.")
    sampler = DistributedMergedSampler(table, seed=args.seed) if is_distributed else MergedSampler(table, shuffle=is_train)
    batches = MergedBatchSampler(sampler, args.batch_size, drop_last=is_train, enforce_exact_n_batches=is_distributed)
    loader = DataLoader(table, batch_sampler=batches, collate_fn=fused_train_collator, num_workers=args.workers, pin_memory=True)
    loader.num_samples = len(table)
    loader.num_batches = len(loader)
    return DataInfo(loader, sampler=sampler)


def main(arguments):
    import open_clip_train.data as data

    other_forms = data.get_dataset_fn
    data.get_dataset_fn = lambda path, kind: get_pairs if kind == "csv-multimodal" else other_forms(path, kind)
    if os.environ.get("WORLD_SIZE", "1") == "1" and "--mlm-loss" in arguments:
        # The trainer waits for the other processes after an epoch, also where there are none.
        import torch

        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29508")
        torch.distributed.init_process_group("gloo", rank=0, world_size=1)
    from open_clip_train.main import main as train

    return train(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
