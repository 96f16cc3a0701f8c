using System.Buffers.Binary;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The function that <see cref="VfioUserPlatform"/> offers: BAR 0 as memory with trapped registers below the doorbells, configuration
/// space, MSI-X. It lives as long as the platform; clients come and go.
/// </summary>
internal sealed unsafe class PlatformFunction : IServedFunction, IDisposable
{
    private readonly MsixTable _table;

    /// <summary>Creates the parts. Throws <see cref="PlatformException"/>.</summary>
    internal PlatformFunction(FunctionIdentity identity, bool mapDoorbells)
    {
        int vectors = identity.MsixVectorCount;
        if (vectors is < 1 or > Bar0Layout.MsixVectorsMax)
        {
            throw new PlatformException($"vfio-user: {vectors} MSI-X vectors: 1 to {Bar0Layout.MsixVectorsMax} are allowed");
        }

        Bar = new BarPages(mapDoorbells);
        Configuration = new ConfigurationSpace(identity, Bar0Layout.LengthBytes);

        // The pending bits are the BAR's, where a client reads them; the BAR is longer lived than the vectors.
        Vectors = new InterruptVectors(vectors, Bar.Memory.Word64(Bar0Layout.MsixPendingBits));
        _table = new MsixTable(vectors, Bar.Memory);
    }

    /// <inheritdoc/>
    public InterruptVectors Vectors { get; }

    /// <inheritdoc/>
    public bool IsQuiescent => Handler!.IsQuiescent;

    /// <summary>BAR 0.</summary>
    internal BarPages Bar { get; }

    /// <summary>Configuration space.</summary>
    internal ConfigurationSpace Configuration { get; }

    /// <summary>The firmware; set before the first client.</summary>
    internal IFunctionHandler? Handler { get; set; }

    /// <inheritdoc/>
    public bool TryHold() => Handler!.TryHold();

    /// <inheritdoc/>
    public FunctionRegion GetRegion(uint index) => index switch
    {
        RegionIndex.Bar0 when Bar.CanMapDoorbells => new FunctionRegion(Bar0Layout.LengthBytes)
        {
            MapFile = Bar.DoorbellFile,
            MapOffsetBytes = Bar0Layout.DoorbellBase,
            MapLengthBytes = Bar0Layout.DoorbellLengthBytes,
        },
        RegionIndex.Bar0 => new FunctionRegion(Bar0Layout.LengthBytes),
        RegionIndex.Configuration => new FunctionRegion(ConfigurationSpace.LengthBytes),
        _ => new FunctionRegion(0),
    };

    /// <inheritdoc/>
    public void Read(uint region, ulong offsetBytes, Span<byte> destination)
    {
        if (region == RegionIndex.Bar0)
        {
            Bar.Read((uint)offsetBytes, destination);
        }
        else
        {
            Configuration.Read((int)offsetBytes, destination);
        }
    }

    /// <inheritdoc/>
    public bool Write(uint region, ulong offsetBytes, ReadOnlySpan<byte> data)
    {
        if (region == RegionIndex.Configuration)
        {
            return (Configuration.Write((int)offsetBytes, data) & ConfigurationEffects.FunctionLevelReset) != 0;
        }

        uint offset = (uint)offsetBytes;
        bool isOneRegisterAccess = data.Length is 1 or 2 or 4 or 8 && offset + (uint)data.Length <= Bar0Layout.DoorbellBase;
        if (isOneRegisterAccess)
        {
            WriteRegister(offset, data);
            return false;
        }

        // Anything else goes in as the aligned pieces that a bus would make of it.
        while (!data.IsEmpty)
        {
            int width = 8;
            while (width > data.Length || (offset & (uint)(width - 1)) != 0)
            {
                width >>= 1;
            }

            WriteAligned(offset, data[..width]);
            offset += (uint)width;
            data = data[width..];
        }

        return false;
    }

    /// <inheritdoc/>
    public int Connect()
    {
        int result = Bar.RenewDoorbells();
        if (result < 0)
        {
            return result;
        }

        ResetRegisters(ResetKind.Conventional);
        return 0;
    }

    /// <inheritdoc/>
    public void LinkUp() => Handler!.LinkUp();

    /// <inheritdoc/>
    public void LinkDown() => Handler!.LinkDown();

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        ResetRegisters(kind);
        Handler!.FunctionReset(kind);
    }

    /// <inheritdoc/>
    public void InterruptsChanged()
    {
        // The vectors know what they need.
    }

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => Handler!.IsHostMemoryInUse(address, lengthBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Vectors.Dispose();
        Bar.Dispose();
    }

    private void ResetRegisters(ResetKind kind)
    {
        Configuration.Reset(kind);
        Vectors.ResetState();
        _table.Reset();
    }

    private void WriteAligned(uint offset, ReadOnlySpan<byte> data)
    {
        if (offset < Bar0Layout.DoorbellBase)
        {
            WriteRegister(offset, data);
            return;
        }

        // Doorbells and table entries are written in whole 32-bit words (NVMe 2.1 section 3.1.4, PCI 3.0 section 6.8.2).
        for (int at = 0; at + sizeof(uint) <= data.Length; at += sizeof(uint))
        {
            uint word = offset + (uint)at;
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
            if (word < Bar0Layout.MsixTable)
            {
                // The word is aligned and inside the doorbell page.
                Mmio.Mmio.Write32(Bar.Memory.Word32(word), value);
            }
            else if (word < Bar0Layout.MsixPendingBits)
            {
                _table.Write(word - Bar0Layout.MsixTable, value);
            }
        }
    }

    private void WriteRegister(uint offset, ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int i = 0; i < data.Length; i++)
        {
            value |= (ulong)data[i] << (i * 8);
        }

        Handler!.RegisterWrite(offset, value, data.Length);
    }
}
