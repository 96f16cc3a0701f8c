using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// The function that <see cref="VfioUserPlatform"/> offers: BAR 0 as memory with trapped registers below the doorbells, configuration
/// space, interrupts of all three kinds. It lives as long as the platform; clients come and go.
/// </summary>
internal sealed unsafe class PlatformFunction : IServedFunction, IDisposable
{
    private readonly MsixTable _table;
    private ulong* _pendingMessages; // one word of native memory, until Dispose

    /// <summary>Creates the parts. Throws <see cref="PlatformException"/>.</summary>
    internal PlatformFunction(FunctionIdentity identity, bool mapDoorbells)
    {
        RefuseImpossible(identity);
        Bar = new BarPages(mapDoorbells);
        Configuration = new ConfigurationSpace(identity, Bar0Layout.LengthBytes);
        VectorCount = identity.InterruptVectorCount;

        // The pending bits are the BAR's, where a client reads them; the BAR is longer lived than the vectors.
        Vectors = new InterruptVectors(identity.MsixVectorCount, Bar.Memory.Word64(Bar0Layout.MsixPendingBits));
        _table = new MsixTable(identity.MsixVectorCount, Bar.Memory);
        _pendingMessages = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        Messages = identity.MsiMessageCount > 0 ? new InterruptVectors(identity.MsiMessagesOffered, _pendingMessages) : null;
        Line = identity.InterruptPin != 0 ? new InterruptLine() : null;
        Kind = ChooseKind();
    }

    /// <inheritdoc/>
    public InterruptVectors Vectors { get; }

    /// <inheritdoc/>
    public InterruptVectors? Messages { get; }

    /// <inheritdoc/>
    public InterruptLine? Line { get; }

    /// <summary>Vectors of the kind that has most.</summary>
    internal int VectorCount { get; }

    /// <summary>How interrupts go to the host. Changes only while the firmware's threads are held.</summary>
    internal InterruptKind Kind { get; private set; }

    /// <summary>Vectors that a queue may name now; see <see cref="IPlatform.EnabledVectorCount"/>.</summary>
    internal int EnabledVectorCount => Kind switch
    {
        InterruptKind.Msix when HasMsix => Vectors.Count,
        InterruptKind.Msi when HasMsi => MessagesEnabled,
        InterruptKind.Legacy => 1,
        _ => VectorCount,
    };

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
            Configuration.SetInterruptState(Kind == InterruptKind.Legacy && Line is { IsAsserted: true }, (uint)Volatile.Read(ref *_pendingMessages));
            Configuration.Read((int)offsetBytes, destination);
        }
    }

    /// <inheritdoc/>
    public bool Write(uint region, ulong offsetBytes, ReadOnlySpan<byte> data)
    {
        if (region == RegionIndex.Configuration)
        {
            uint maskBefore = Configuration.MessageMask;
            bool asksForReset = (Configuration.Write((int)offsetBytes, data) & ConfigurationEffects.FunctionLevelReset) != 0;
            ApplyMessageMask(maskBefore);
            InterruptsChanged();
            return asksForReset;
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
        InterruptKind kind = ChooseKind();
        bool isOther = kind != Kind;
        Kind = kind;
        if (Line is not null)
        {
            Line.IsGated = kind != InterruptKind.Legacy || Configuration.IsInterruptDisabled;
        }

        if (isOther)
        {
            Handler!.InterruptKindChanged();
        }
    }

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => Handler!.IsHostMemoryInUse(address, lengthBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Vectors.Dispose();
        Messages?.Dispose();
        Line?.Dispose();
        Bar.Dispose();
        NativeMemory.Free(_pendingMessages); // null where that was done before
        _pendingMessages = null;
    }

    /// <summary>Raises a vector in the way that the host has enabled. Any thread that the platform allows to.</summary>
    /// <remarks>A vector behind the last one, of a queue that is older than the host's choice, is folded back as messages of MSI are.</remarks>
    internal void Raise(int vector, int source)
    {
        switch (Kind)
        {
            case InterruptKind.Legacy:
                Line!.Assert(source, vector);
                break;
            case InterruptKind.Msi:
                Messages!.Raise(vector & (MessagesEnabled - 1));
                break;
            default:
                Vectors.Raise(vector < Vectors.Count ? vector : vector % Vectors.Count);
                break;
        }
    }

    /// <summary>State of a vector, for a person to see.</summary>
    internal VectorState ReadVector(int vector)
    {
        InterruptVectors? vectors = Kind == InterruptKind.Msi ? Messages : Vectors;
        if (Kind == InterruptKind.Legacy)
        {
            return vector == 0 ? new VectorState(Line!.IsConnected, Line.IsMasked || Line.IsGated, Line.IsAsserted) : default;
        }

        return vector < vectors!.Count
            ? new VectorState(vectors.IsConnected(vector), vectors.IsMasked(vector), vectors.IsPending(vector))
            : default;
    }

    private bool HasMsix => Vectors.IsInUse || Configuration.IsMsixEnabled;

    private bool HasMsi => Messages is not null && (Messages.IsInUse || Configuration.IsMsiEnabled);

    /// <summary>
    /// A power of two. A client that enables by descriptors alone gets as many as it has given, as the kernel's vfio grants them.
    /// </summary>
    private int MessagesEnabled => Configuration.IsMsiEnabled
        ? Configuration.MessagesGranted
        : 1 << System.Numerics.BitOperations.Log2((uint)Math.Max(Messages!.ConnectedCount, 1));

    private static void RefuseImpossible(FunctionIdentity identity)
    {
        if (identity.MsixVectorCount is < 0 or > Bar0Layout.MsixVectorsMax)
        {
            throw new PlatformException($"vfio-user: {identity.MsixVectorCount} MSI-X vectors: 0 to {Bar0Layout.MsixVectorsMax} are allowed");
        }

        if (identity.MsiMessageCount is < 0 or > FunctionIdentity.MsiMessagesMax)
        {
            throw new PlatformException($"vfio-user: {identity.MsiMessageCount} MSI messages: 0 to {FunctionIdentity.MsiMessagesMax} are allowed");
        }

        if (identity.InterruptVectorCount == 0)
        {
            throw new PlatformException("vfio-user: a function without MSI-X, MSI and INTx; at least one of them is needed");
        }
    }

    /// <summary>
    /// What the host has enabled, by its bits in configuration space or by descriptors: MSI-X before MSI before the pin. A function that has no pin
    /// keeps what it raises pending in the kind that the host can still enable.
    /// </summary>
    private InterruptKind ChooseKind() =>
        HasMsix ? InterruptKind.Msix
        : HasMsi ? InterruptKind.Msi
        : Line is not null ? InterruptKind.Legacy
        : Vectors.Count > 0 ? InterruptKind.Msix : InterruptKind.Msi;

    private void ApplyMessageMask(uint before)
    {
        uint now = Configuration.MessageMask;
        for (uint changed = now ^ before; changed != 0; changed &= changed - 1)
        {
            int message = System.Numerics.BitOperations.TrailingZeroCount(changed);
            if ((now & (1u << message)) != 0)
            {
                Messages!.Mask(message);
            }
            else
            {
                Messages!.Unmask(message);
            }
        }
    }

    private void ResetRegisters(ResetKind kind)
    {
        Configuration.Reset(kind);
        Vectors.ResetState();
        Messages?.ResetState();
        Line?.ResetState();
        _table.Reset();
        InterruptsChanged();
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
                if (Kind == InterruptKind.Legacy)
                {
                    Handler!.DoorbellWritten();
                }
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
