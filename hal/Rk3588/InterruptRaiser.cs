using System.Runtime.CompilerServices;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>How interrupts reach the host.</summary>
public enum InterruptMode
{
    /// <summary>INTx: a level.</summary>
    Legacy,

    /// <summary>MSI.</summary>
    Msi,

    /// <summary>MSI-X.</summary>
    Msix,
}

/// <summary>
/// Raises vectors by what the host has enabled: MSI-X with the table and pending bits in BAR 0, else MSI, else INTx. Whatever cannot be sent
/// now, for a mask or for want of a link, is remembered and sent when it can be.
/// </summary>
/// <remarks>
/// The host's control words are read at each vector, because the host may count on silence from the moment that it has masked a vector.
/// Messages go through an outbound window that stays where it is as long as the host's address stays.
/// </remarks>
public sealed unsafe class InterruptRaiser
{
    private const int TableEntryBytes = 16;
    private const uint TableDataOffset = 8;
    private const ulong EntryMaskBit = 1UL << 32; // of the second half: Vector Control is above Message Data
    private const int SendsPerPoll = 8;
    private const int WordBits = 64;
    private const int Words = Bar0Layout.MsixVectorsMax / WordBits;
    private const long RetryNanoseconds = 10_000;
    private const long ModeLookNanoseconds = 1_000_000;

    private readonly Rk3588Endpoint _endpoint;
    private readonly ApbClient _apb;
    private readonly PortLogic _port;
    private readonly Bar0Memory _bar;
    private readonly DmaMemory _barMemory;
    private readonly OutboundWindows _windows;
    private readonly Rk3588Switches _switches;
    private readonly int _vectorCount;
    private readonly ulong[] _waiting = new ulong[Words];
    private readonly ulong[] _pendingBits = new ulong[Words]; // what the pending bit array in BAR 0 says
    private readonly ulong[] _levels = new ulong[Words];
    private bool _isLegacyAsserted;
    private bool _isAnyWaiting;
    private int _nextVector; // where the next look at the waiting ones begins
    private uint _msiPending;
    private long _nextRetryNanoseconds;
    private long _nextModeLookNanoseconds;

    /// <summary>Touches nothing yet; <see cref="Reset"/> makes the table.</summary>
    public InterruptRaiser(
        RegisterBlocks blocks, Rk3588Endpoint endpoint, Rk3588Switches switches, Bar0Memory bar, DmaMemory barMemory, OutboundWindows windows, int vectorCount)
    {
        _endpoint = endpoint;
        _apb = new ApbClient(blocks.Apb);
        _port = new PortLogic(blocks.Dbi);
        _switches = switches;
        _bar = bar;
        _barMemory = barMemory;
        _windows = windows;
        _vectorCount = vectorCount;
    }

    /// <summary>What the host has enabled, as of the last look.</summary>
    public InterruptMode Mode { get; private set; }

    /// <summary>Vectors that a queue may name now; see <see cref="IPlatform.EnabledVectorCount"/>.</summary>
    public int EnabledVectorCount => LookAtMode(out _) switch
    {
        InterruptMode.Msix => _vectorCount,
        InterruptMode.Msi => 1 << Math.Min((int)_endpoint.Msi.Control.Read().VectorsEnabledLog2, 5),
        _ => 1,
    };

    /// <summary>Raises one vector, or remembers it.</summary>
    public void Raise(int vector)
    {
        Invariant.Check((uint)vector < (uint)_vectorCount, "a vector that the function has");
        if (!MaySend || !TrySend(vector, LookAtMode(out MsixControl msix), msix.FunctionMask))
        {
            _waiting[vector / WordBits] |= BitOf(vector);
            _isAnyWaiting = true;
        }
    }

    /// <summary>State of a vector, for a person to see; pending as the standard means it: raised, and not yet sent or still a level.</summary>
    public VectorState Read(int vector)
    {
        bool isWaiting = (_waiting[vector / WordBits] & BitOf(vector)) != 0;
        switch (Mode)
        {
            case InterruptMode.Msix:
                uint entry = Bar0Layout.MsixTable + ((uint)vector * TableEntryBytes);
                _barMemory.ForgetForDevice((byte*)_bar.Word32(entry), TableEntryBytes);
                Mmio.Barrier.Full();
                bool isEntryMasked = (Mmio.Mmio.Read64(_bar.Word64(entry + TableDataOffset)) & EntryMaskBit) != 0;
                return new VectorState(Mmio.Mmio.Read64(_bar.Word64(entry)) != 0, isEntryMasked || _endpoint.Msix.Control.Read().FunctionMask, isWaiting);
            case InterruptMode.Msi:
                MsiControl control = _endpoint.Msi.Control.Read();
                uint bit = 1u << (vector & ((1 << Math.Min((int)control.VectorsEnabledLog2, 5)) - 1));
                return new VectorState(IsConnected: true, control.HasVectorMask && (_endpoint.Msi.Mask.Read().Vectors & bit) != 0, isWaiting);
            default:
                return new VectorState(vector == 0, _endpoint.Command.InterruptDisable, (_levels[vector / WordBits] & BitOf(vector)) != 0);
        }
    }

    /// <summary>Takes a level back, or what was still waiting; INTx goes when no vector wants it any more.</summary>
    public void Lower(int vector)
    {
        Invariant.Check((uint)vector < (uint)_vectorCount, "a vector that the function has");
        _levels[vector / WordBits] &= ~BitOf(vector);
        UpdateLegacy();
        if ((_waiting[vector / WordBits] & BitOf(vector)) != 0)
        {
            _waiting[vector / WordBits] &= ~BitOf(vector);
            _isAnyWaiting = IsAny(_waiting);
            SetPending(vector, isPending: false);
            DropMsiPending();
        }
    }

    /// <summary>Sends what was waiting and can go now, and follows the host's choice of mode. Bounded: a few vectors a call.</summary>
    public void Poll(long now)
    {
        if (now >= _nextModeLookNanoseconds && _windows.IsLinkUp)
        {
            _nextModeLookNanoseconds = now + ModeLookNanoseconds;
            _ = LookAtMode(out _);
        }

        // Interrupt Disable of the Command register may have changed.
        UpdateLegacy();
        if (!_isAnyWaiting || now < _nextRetryNanoseconds || !MaySend)
        {
            return;
        }

        _nextRetryNanoseconds = now + RetryNanoseconds;
        InterruptMode mode = LookAtMode(out MsixControl msix);
        int tries = 0;
        for (int i = 0; i < _vectorCount && tries < SendsPerPoll; i++)
        {
            int vector = _nextVector;
            _nextVector = vector + 1 < _vectorCount ? vector + 1 : 0;
            ref ulong word = ref _waiting[vector / WordBits];
            if ((word & BitOf(vector)) == 0)
            {
                continue;
            }

            tries++;
            if (TrySend(vector, mode, msix.FunctionMask))
            {
                word &= ~BitOf(vector);
            }
        }

        _isAnyWaiting = IsAny(_waiting);
    }

    /// <summary>Nothing raised, table and pending bits as after a reset: at start, and after each reset before the host looks.</summary>
    public void Reset()
    {
        Array.Clear(_waiting);
        Array.Clear(_pendingBits);
        Array.Clear(_levels);
        _isAnyWaiting = false;
        _msiPending = 0;
        Mode = InterruptMode.Legacy;
        _isLegacyAsserted = true;
        UpdateLegacy();
        for (uint vector = 0; vector < Bar0Layout.MsixVectorsMax; vector++)
        {
            uint entry = Bar0Layout.MsixTable + (vector * TableEntryBytes);
            Mmio.Mmio.Write64(_bar.Word64(entry), 0);
            Mmio.Mmio.Write64(_bar.Word64(entry + TableDataOffset), vector < _vectorCount ? EntryMaskBit : 0);
        }

        for (int word = 0; word < Words; word++)
        {
            Mmio.Mmio.Write64(PendingWord(word), 0);
        }

        // Forgotten, not only cleaned: the host writes the table from now on.
        _barMemory.ForgetForDevice((byte*)_bar.Word32(Bar0Layout.MsixTable), Bar0Layout.MsixVectorsMax * TableEntryBytes);
        _barMemory.ForgetForDevice((byte*)PendingWord(0), Words * sizeof(ulong));
        Mmio.Barrier.Full();
    }

    private static ulong BitOf(int vector) => 1UL << (vector % WordBits);

    private static bool IsAny(ulong[] words)
    {
        ulong all = 0;
        foreach (ulong word in words)
        {
            all |= word;
        }

        return all != 0;
    }

    private bool MaySend => _windows.IsLinkUp && _endpoint.IsBusMasterEnabled;

    private ulong* PendingWord(int word) => _bar.Word64(Bar0Layout.MsixPendingBits + ((uint)word * sizeof(ulong)));

    private InterruptMode LookAtMode(out MsixControl msix)
    {
        msix = _endpoint.Msix.Control.Read();
        InterruptMode mode = msix.Enable ? InterruptMode.Msix : InterruptMode.Legacy;
        if (!msix.Enable && _endpoint.Msi.Control.Read().Enable)
        {
            mode = InterruptMode.Msi;
        }

        if (mode == Mode)
        {
            return mode;
        }

        Mode = mode;
        if (mode == InterruptMode.Legacy)
        {
            // As a level a message that waited would never be taken back: who raised it knows nothing of a level.
            Array.Clear(_waiting);
            _isAnyWaiting = false;
            DropPending();
        }

        UpdateLegacy();
        return mode;
    }

    private bool TrySend(int vector, InterruptMode mode, bool isFunctionMasked)
    {
        switch (mode)
        {
            case InterruptMode.Msix:
                return TrySendMsix(vector, isFunctionMasked);
            case InterruptMode.Msi:
                return TrySendMsi(vector);
            default:
                _levels[vector / WordBits] |= BitOf(vector);
                UpdateLegacy();
                return true;
        }
    }

    private bool TrySendMsix(int vector, bool isFunctionMasked)
    {
        uint entry = Bar0Layout.MsixTable + ((uint)vector * TableEntryBytes);
        _barMemory.ForgetForDevice((byte*)_bar.Word32(entry), TableEntryBytes);
        Mmio.Barrier.Full();
        ulong dataAndControl = Mmio.Mmio.Read64(_bar.Word64(entry + TableDataOffset));
        if ((isFunctionMasked || (dataAndControl & EntryMaskBit) != 0) && !BoardSabotage.Is(BoardSabotageKind.IgnoreVectorMask))
        {
            SetPending(vector, isPending: true);
            return false;
        }

        ulong address = Mmio.Mmio.Read64(_bar.Word64(entry));
        nint window = _windows.Map(OutboundWindows.MessageRegion, address & ~3UL, sizeof(uint));
        if (window == 0)
        {
            return false;
        }

        // A host that changes an entry masks it first: what is the same before and after is of one piece, and nothing goes under a mask.
        // Only the host's next store can still come between this and ours.
        ulong dataAndControlNow = Mmio.Mmio.Read64(_bar.Word64(entry + TableDataOffset));
        if (dataAndControlNow != dataAndControl || Mmio.Mmio.Read64(_bar.Word64(entry)) != address)
        {
            if ((dataAndControlNow & EntryMaskBit) != 0)
            {
                SetPending(vector, isPending: true);
            }

            return false;
        }

        StoreMessage(window, (uint)dataAndControl);
        SetPending(vector, isPending: false);
        return true;
    }

    private bool TrySendMsi(int vector)
    {
        MsiControl control = _endpoint.Msi.Control.Read();
        if (!control.Enable)
        {
            // The host took it back since the mode was looked at; the vector waits for the next look.
            return false;
        }

        int mask = (1 << Math.Min((int)control.VectorsEnabledLog2, 5)) - 1;
        int message = vector & mask;
        uint bit = 1u << message;
        if (control.HasVectorMask && (_endpoint.Msi.Mask.Read().Vectors & bit) != 0)
        {
            SetMsiPending(bit, isPending: true);
            return false;
        }

        if ((_msiPending & bit) != 0 && (_endpoint.Msi.Pending.Read().Vectors & bit) == 0)
        {
            // The hardware has seen the mask go and has sent it.
            _msiPending &= ~bit;
            return true;
        }

        if (_switches.MsiByApb)
        {
            // The read behind the stores may take long, and end because the link is gone: then the host has no MSI any more.
            _windows.FlushStores();
            if (!_endpoint.Msi.Control.Read().Enable)
            {
                return false;
            }

            SendMsiByApb(bit);
        }
        else
        {
            ulong address = ((ulong)_endpoint.Msi.AddressLow.Read().AddressIn4Bytes << 2) | ((ulong)_endpoint.Msi.AddressHigh.Read().Address << 32);
            uint data = ((uint)_endpoint.Msi.Data.Read().Data & ~(uint)mask) | (uint)message;
            nint window = _windows.Map(OutboundWindows.MessageRegion, address & ~3UL, sizeof(uint));
            if (window == 0)
            {
                return false;
            }

            StoreMessage(window, data);
        }

        SetMsiPending(bit, isPending: false);
        return true;
    }

    // This and the next two are not inlined, so that the check of the machine code finds the barrier before the store.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StoreMessage(nint window, uint data)
    {
        // What the message announces left before it: stores through other windows, and DMA whose end was seen.
        Mmio.Barrier.BeforeDoorbell();
        Mmio.Mmio.Write32((uint*)window, data);
        _windows.NoteStore(OutboundWindows.MessageRegion, window);
    }

    /// <summary>
    /// The register is another way to the host than the windows are, so that the stores have to have arrived: a read behind them has said so.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SendMsiByApb(uint vectors)
    {
        Mmio.Barrier.Full();
        _apb.MsiGeneration.Write(new MsiGeneration { Vectors = vectors });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLegacyLevel(bool isAsserted)
    {
        if (isAsserted && MaySend)
        {
            _windows.FlushStores();
        }

        Mmio.Barrier.Full();
        _apb.MessageGeneration.Write(new MessageGeneration { LegacyInterrupt = true }, new MessageGeneration { LegacyInterrupt = isAsserted });
    }

    private void SetPending(int vector, bool isPending)
    {
        int index = vector / WordBits;
        ulong word = isPending ? _pendingBits[index] | BitOf(vector) : _pendingBits[index] & ~BitOf(vector);
        if (word == _pendingBits[index])
        {
            return;
        }

        _pendingBits[index] = word;
        Mmio.Mmio.Write64(PendingWord(index), word);
        _barMemory.CleanForDevice((byte*)PendingWord(index), sizeof(ulong));
        Mmio.Barrier.Full();
    }

    /// <summary>Sets or clears one bit of the capability's pending bits, and remembers whether the hardware took it.</summary>
    private void SetMsiPending(uint bit, bool isPending)
    {
        if (isPending == ((_msiPending & bit) != 0))
        {
            return;
        }

        ProtectedRegister<MsiPending> register = _endpoint.Msi.Pending;
        uint pending = register.Read().Vectors;
        using (DbiWriteAccess access = new(_port.MiscControl1))
        {
            register.Write(new MsiPending(isPending ? pending | bit : pending & ~bit), access);
        }

        _msiPending = (_msiPending & ~bit) | (isPending ? register.Read().Vectors & bit : 0);
    }

    /// <summary>Nothing waits any more, so that nothing is pending.</summary>
    private void DropPending()
    {
        for (int vector = 0; vector < _vectorCount; vector++)
        {
            SetPending(vector, isPending: false);
        }

        DropMsiPending();
    }

    private void DropMsiPending()
    {
        if (_msiPending != 0 && !_isAnyWaiting && _windows.IsLinkUp)
        {
            SetMsiPending(_msiPending, isPending: false);
        }
    }

    private void UpdateLegacy()
    {
        bool isWanted = Mode == InterruptMode.Legacy && _switches.LegacyInterrupt && !_endpoint.Command.InterruptDisable && IsAny(_levels);
        isWanted |= _isLegacyAsserted && BoardSabotage.Is(BoardSabotageKind.KeepLevel);
        if (isWanted != _isLegacyAsserted)
        {
            _isLegacyAsserted = isWanted;
            WriteLegacyLevel(isWanted);
        }
    }
}
