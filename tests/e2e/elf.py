# SPDX-License-Identifier: MIT
"""A small reader of ELF files (64 bit, little endian): what a report says about a file is checked
against the file itself."""

import struct

SHT_SYMTAB, SHT_DYNSYM, SHT_NOTE = 2, 11, 7
STT_FUNC = 2


class ElfFile:
    """Build ID and functions of one file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self._data = file.read()
        if self._data[:5] != b"\x7fELF\x02":
            raise ValueError("%s: not a 64 bit ELF file" % path)
        self.build_id = None
        self.functions = {}  # (start, size) → set of names
        self._read_sections()

    def names_at(self, offset):
        """The names of the function that contains the virtual address OFFSET."""
        names = set()
        for (start, size), found in self.functions.items():
            if start <= offset < start + max(size, 1):
                names |= found
        return names

    def names_of_entry(self, offset):
        """The names of the function that begins at OFFSET."""
        names = set()
        for (start, _), found in self.functions.items():
            if start == offset:
                names |= found
        return names

    def _read_sections(self):
        start = struct.unpack_from("<Q", self._data, 0x28)[0]
        size, count = struct.unpack_from("<HH", self._data, 0x3A)
        headers = [struct.unpack_from("<IIQQQQIIQQ", self._data, start + i * size)
                   for i in range(count)]
        for header in headers:
            if header[1] in (SHT_SYMTAB, SHT_DYNSYM):
                self._read_symbols(header, headers[header[6]])
            elif header[1] == SHT_NOTE:
                self._read_notes(header)

    def _read_symbols(self, header, strings):
        for at in range(header[4], header[4] + header[5], 24):
            name, info, _, section, value, size = struct.unpack_from("<IBBHQQ", self._data, at)
            if info & 15 != STT_FUNC or section == 0:
                continue
            begin = strings[4] + name
            text = self._data[begin:self._data.index(b"\0", begin)].decode()
            self.functions.setdefault((value, size), set()).add(text)

    def _read_notes(self, header):
        at, end = header[4], header[4] + header[5]
        while at + 12 <= end:
            name_size, size, kind = struct.unpack_from("<III", self._data, at)
            name = self._data[at + 12:at + 12 + name_size]
            begin = at + 12 + (name_size + 3 & ~3)
            if kind == 3 and name == b"GNU\0":
                self.build_id = self._data[begin:begin + size].hex()
            at = begin + (size + 3 & ~3)
