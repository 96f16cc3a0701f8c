using System.Buffers.Binary;
using Nvmepf.HostDriver.VfioUser;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>The two PRP entries of a command (NVMe Base 2.1 section 4.3.1).</summary>
/// <param name="Prp1">PRP Entry 1.</param>
/// <param name="Prp2">PRP Entry 2: 0, the second page, or the first PRP list.</param>
public readonly record struct PrpPair(ulong Prp1, ulong Prp2);

/// <summary>
/// Writes PRP lists: any first offset, pages anywhere, lists that start anywhere in a page and chain from page to page. It can build what
/// no kernel builds (a list of one page's worth that starts on the last entry), and nothing that breaks the rules: that is the tests' part.
/// </summary>
public static class PrpBuilder
{
    /// <summary>Number of pages that <paramref name="lengthBytes"/> from <paramref name="offset"/> in a page touch.</summary>
    public static int PageCount(int offset, int lengthBytes, int pageLengthBytes) =>
        Math.Max(1, (offset + lengthBytes + pageLengthBytes - 1) / pageLengthBytes);

    /// <summary>Bytes of list memory that any transfer of that many pages can need, wherever its first list starts in a page.</summary>
    public static int ListLengthBytes(int pageCount, int pageLengthBytes) =>
        pageCount <= 2 ? 0 : ((((pageCount - 1) / ((pageLengthBytes / 8) - 1)) + 2) * pageLengthBytes);

    /// <summary>PRPs of memory that is one piece for the device.</summary>
    /// <param name="address">First byte.</param>
    /// <param name="lengthBytes">Bytes, 1 or more.</param>
    /// <param name="pageLengthBytes">The memory page size of CC.MPS.</param>
    /// <param name="lists">Where lists may be written: starts on a page, <see cref="ListLengthBytes"/> long. Not touched for two pages or
    /// fewer.</param>
    /// <param name="firstListOffset">Where in its page the first list starts, a multiple of 8.</param>
    public static PrpPair Contiguous(ulong address, int lengthBytes, int pageLengthBytes, HostBuffer lists, int firstListOffset = 0)
    {
        int offset = (int)(address & (uint)(pageLengthBytes - 1));
        ulong[] pages = new ulong[PageCount(offset, lengthBytes, pageLengthBytes)];
        for (int i = 0; i < pages.Length; i++)
        {
            pages[i] = address - (uint)offset + ((ulong)i * (uint)pageLengthBytes);
        }

        return Scattered(pages, offset, pageLengthBytes, lists, firstListOffset);
    }

    /// <summary>
    /// PRPs of the pages given, the first of which is used from <paramref name="offset"/> on. Parameters as in <see cref="Contiguous"/>.
    /// </summary>
    public static PrpPair Scattered(ReadOnlySpan<ulong> pages, int offset, int pageLengthBytes, HostBuffer lists, int firstListOffset = 0)
    {
        ulong first = pages[0] + (uint)offset;
        if (pages.Length <= 2)
        {
            return new PrpPair(first, pages.Length == 1 ? 0 : pages[1]);
        }

        int position = firstListOffset;
        for (int i = 1; i < pages.Length; i++)
        {
            bool lastOfListPage = (position + 8) % pageLengthBytes == 0;
            if (lastOfListPage && i < pages.Length - 1)
            {
                WriteEntry(lists, position, lists.Address + (uint)(position + 8));
                position += 8;
            }

            WriteEntry(lists, position, pages[i]);
            position += 8;
        }

        return new PrpPair(first, lists.Address + (uint)firstListOffset);
    }

    private static void WriteEntry(HostBuffer lists, int position, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(lists.Bytes.Slice(position, 8), value);
}
