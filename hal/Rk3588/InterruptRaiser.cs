using Nvmepf.Hal.DesignWare;
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
    private const uint TableControlOffset = 12;
    private const uint EntryMaskBit = 1;
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

    /// <summary>Raises one vector, or remembers it.</summary>
    public void Raise(int vector)
    {
        Invariant.Check((uint)vector < (uint)_vectorCount, "a vector that the function has");
        if (!TrySend(vector))
        {
            _waiting[vector / WordBits] |= BitOf(vector);
            _isAnyWaiting = true;
        }
    }

    /// <summary>Takes a level back; INTx goes when no vector wants it any more.</summary>
    public void Lower(int vector)
    {
        Invariant.Check((uint)vector < (uint)_vectorCount, "a vector that the function has");
        _levels[vector / WordBits] &= ~BitOf(vector);
        UpdateLegacy();
    }

    /// <summary>Sends what was waiting and can go now, and follows the host's choice of mode. Bounded.</summary>
    public void Poll(long now)
    {
        if (now >= _nextModeLookNanoseconds && _windows.IsLinkUp)
        {
            _nextModeLookNanoseconds = now + ModeLookNanoseconds;
            _ = LookAtMode(out _);
        }

        if (!_isAnyWaiting || now < _nextRetryNanoseconds)
        {
            return;
        }

        _nextRetryNanoseconds = now + RetryNanoseconds;
        _isAnyWaiting = false;
        for (int vector = 0; vector < _vectorCount; vector++)
        {
            ref ulong word = ref _waiting[vector / WordBits];
            if ((word & BitOf(vector)) == 0)
            {
                continue;
            }

            if (TrySend(vector))
            {
                word &= ~BitOf(vector);
            }
            else
            {
                _isAnyWaiting = true;
            }
        }
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
            Mmio.Mmio.Write64(_bar.Word64(entry + TableDataOffset), vector < _vectorCount ? (ulong)EntryMaskBit << 32 : 0);
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

    private ulong* PendingWord(int word) => _bar.Word64(Bar0Layout.MsixPendingBits + ((uint)word * sizeof(ulong)));

    private InterruptMode LookAtMode(out MsixControl msix)
    {
        msix = _endpoint.Msix.Control.Read();
        InterruptMode mode = msix.Enable ? InterruptMode.Msix : InterruptMode.Legacy;
        if (!msix.Enable && _endpoint.Msi.Control.Read().Enable)
        {
            mode = InterruptMode.Msi;
        }

        if (mode != Mode)
        {
            Mode = mode;
            UpdateLegacy();
        }

        return mode;
    }

    private bool TrySend(int vector)
    {
        if (!_windows.IsLinkUp || !_endpoint.IsBusMasterEnabled)
        {
            return false;
        }

        switch (LookAtMode(out MsixControl msix))
        {
            case InterruptMode.Msix:
                return TrySendMsix(vector, msix.FunctionMask);
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
        uint control = Mmio.Mmio.Read32(_bar.Word32(entry + TableControlOffset));
        if ((isFunctionMasked || (control & EntryMaskBit) != 0) && !BoardSabotage.Is(BoardSabotageKind.IgnoreVectorMask))
        {
            SetPending(vector, isPending: true);
            return false;
        }

        ulong address = Mmio.Mmio.Read32(_bar.Word32(entry)) | ((ulong)Mmio.Mmio.Read32(_bar.Word32(entry + 4)) << 32);
        uint data = Mmio.Mmio.Read32(_bar.Word32(entry + TableDataOffset));
        if (!TryStoreMessage(address, data))
        {
            return false;
        }

        SetPending(vector, isPending: false);
        return true;
    }

    private bool TrySendMsi(int vector)
    {
        MsiControl control = _endpoint.Msi.Control.Read();
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
            _apb.MsiGeneration.Write(new MsiGeneration { Vectors = bit });
        }
        else
        {
            ulong address = ((ulong)_endpoint.Msi.AddressLow.Read().AddressIn4Bytes << 2) | ((ulong)_endpoint.Msi.AddressHigh.Read().Address << 32);
            if (!TryStoreMessage(address, ((uint)_endpoint.Msi.Data.Read().Data & ~(uint)mask) | (uint)message))
            {
                return false;
            }
        }

        SetMsiPending(bit, isPending: false);
        return true;
    }

    private bool TryStoreMessage(ulong address, uint data)
    {
        nint window = _windows.Map(OutboundWindows.MessageRegion, address & ~3UL, sizeof(uint));
        if (window == 0)
        {
            return false;
        }

        // What the message announces left before it: stores through other windows, and DMA whose end was seen.
        Mmio.Barrier.BeforeDoorbell();
        Mmio.Mmio.Write32((uint*)window, data);
        _windows.NoteStore(OutboundWindows.MessageRegion, window);
        return true;
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

    private void UpdateLegacy()
    {
        bool isWanted = false;
        foreach (ulong word in _levels)
        {
            isWanted |= word != 0;
        }

        isWanted &= Mode == InterruptMode.Legacy && _switches.LegacyInterrupt;
        isWanted |= _isLegacyAsserted && BoardSabotage.Is(BoardSabotageKind.KeepLevel);
        if (isWanted != _isLegacyAsserted)
        {
            _isLegacyAsserted = isWanted;
            _apb.MessageGeneration.Write(new MessageGeneration { LegacyInterrupt = true }, new MessageGeneration { LegacyInterrupt = isWanted });
        }
    }
}
