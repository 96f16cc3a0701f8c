using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The memory behind BAR 0. All of it is private to this process but the doorbell page, which lies in a memory file of its own so
/// that a client may map it: the file holds the doorbells and an empty page before them (its offsets are the BAR's), and is sealed
/// against shrinking, so that nobody's mapping can fault.
/// </summary>
/// <remarks>
/// Each client gets a new file at the same address: one that has gone, but kept its mapping, cannot ring its successor's doorbells.
/// </remarks>
internal sealed unsafe class BarPages : IDisposable
{
    private byte* _base;
    private int _file = -1;

    /// <summary>Reserves the pages; zeroed. Throws <see cref="PlatformException"/>.</summary>
    internal BarPages(bool mapDoorbells)
    {
        int result = MemoryMappings.MapAnonymous(Bar0Layout.LengthBytes, default, out void* address);
        if (result < 0)
        {
            throw new PlatformException($"vfio-user: cannot map {Bar0Layout.LengthBytes} bytes for BAR 0: {Errno.Describe(result)}");
        }

        _base = (byte*)address;

        // With larger pages (arm64) the doorbells cannot be mapped without what lies beside them; then they go by message.
        CanMapDoorbells = mapDoorbells && MemoryMappings.PageSizeBytes <= (int)Bar0Layout.DoorbellLengthBytes;
    }

    /// <summary>The BAR as the firmware sees it. Valid until disposed.</summary>
    internal Bar0Memory Memory => new((nint)_base, Bar0Layout.LengthBytes);

    /// <summary>Whether a client is offered the doorbell page.</summary>
    internal bool CanMapDoorbells { get; }

    /// <summary>The memory file with the doorbells, or -1.</summary>
    internal int DoorbellFile => _file;

    /// <summary>
    /// Puts a fresh page of zeroed doorbells in place, for a new client.
    /// </summary>
    /// <returns>0 or a negated errno; the old page stays then.</returns>
    internal int RenewDoorbells()
    {
        const long FileBytes = Bar0Layout.DoorbellBase + Bar0Layout.DoorbellLengthBytes;
        if (!CanMapDoorbells)
        {
            new Span<byte>(_base + Bar0Layout.DoorbellBase, (int)Bar0Layout.DoorbellLengthBytes).Clear();
            return 0;
        }

        int file = MemoryMappings.CreateMemoryFile("nvmepf-doorbells", MemoryFileFlags.AllowSealing);
        if (file < 0)
        {
            return file;
        }

        int result = Files.Truncate(file, FileBytes);
        result = result < 0 ? result : Files.AddSeals(file, FileSeals.Shrink | FileSeals.Grow | FileSeals.Seal);

        // The address is ours: the second page of the reservation made in the constructor.
        result = result < 0 ? result : MemoryMappings.Map(
            _base + Bar0Layout.DoorbellBase,
            Bar0Layout.DoorbellLengthBytes,
            MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Fixed,
            file,
            Bar0Layout.DoorbellBase,
            out _);
        if (result < 0)
        {
            _ = Files.Close(file);
            return result;
        }

        CloseFile();
        _file = file;
        return 0;
    }

    /// <summary>Copies a range that lies inside the BAR, by the widest aligned accesses, so that a register is read in one piece.</summary>
    internal void Read(uint offset, Span<byte> destination)
    {
        Invariant.Check(offset + (ulong)destination.Length <= Bar0Layout.LengthBytes, "a range inside BAR 0");
        int done = 0;
        while (done < destination.Length)
        {
            uint at = offset + (uint)done;
            int left = destination.Length - done;
            if ((at & 7) == 0 && left >= 8)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(destination[done..], Mmio.Mmio.Read64(Memory.Word64(at)));
                done += 8;
            }
            else if ((at & 3) == 0 && left >= 4)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(destination[done..], Mmio.Mmio.Read32(Memory.Word32(at)));
                done += 4;
            }
            else
            {
                destination[done++] = (byte)(Mmio.Mmio.Read32(Memory.Word32(at & ~3u)) >> (int)((at & 3) * 8));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseFile();
        if (_base != null)
        {
            _ = MemoryMappings.Unmap(_base, Bar0Layout.LengthBytes);
            _base = null;
        }
    }

    private void CloseFile()
    {
        if (_file >= 0)
        {
            _ = Files.Close(_file);
            _file = -1;
        }
    }
}
