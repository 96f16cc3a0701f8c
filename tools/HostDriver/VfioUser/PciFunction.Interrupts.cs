using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>How a host takes interrupts.</summary>
public enum InterruptKind
{
    /// <summary>Not at all: it polls.</summary>
    None,

    /// <summary>MSI-X (PCI Local Bus 3.0 section 6.8.2).</summary>
    Msix,

    /// <summary>MSI (section 6.8.1).</summary>
    Msi,

    /// <summary>The INTA# level (section 2.2.6).</summary>
    Intx,
}

/// <content>
/// Interrupts of the three kinds, delivered to event counters. Of INTx the client's side of vfio is here too: a delivered interrupt masks the
/// pin, and it is unmasked, by a second event counter, when the host waits for the next, having handled what the first was for.
/// </content>
public sealed partial class PciFunction
{
    /// <summary>Capability ID of MSI.</summary>
    public const byte MsiCapability = 0x05;

    /// <summary>Most vectors that one call waits for.</summary>
    public const int WaitVectorsMax = 64;

    private const int IntxInterruptIndex = 0;
    private const int MsiInterruptIndex = 1;
    private const int MsixInterruptIndex = 2;
    private const uint AssignEventDescriptors = 0x24;
    private const uint AssignUnmaskDescriptor = 0x14;
    private const uint DisableIndex = 0x21;
    private const uint InterruptDisable = 0x0400;

    private int[] _vectorEvents = [];
    private int _unmaskEvent = -1;
    private bool _mustUnmask;
    private long _interruptsTaken;

    /// <summary>What is enabled.</summary>
    public InterruptKind Kind { get; private set; }

    /// <summary>Interrupts taken since the connection was made, on all vectors and by all threads.</summary>
    public long InterruptsTaken => Volatile.Read(ref _interruptsTaken);

    /// <summary>Vectors whose events are assigned.</summary>
    public int AssignedVectors => _vectorEvents.Length;

    /// <summary>Number of MSI-X vectors that the capability announces; 0 without the capability.</summary>
    public int MsixTableSize()
    {
        int msix = FindCapability(MsixCapability);
        return msix == 0 ? 0 : (int)(ReadConfiguration(msix + 2, 2) & 0x7FF) + 1;
    }

    /// <summary>Number of MSI messages that the capability announces (Multiple Message Capable); 0 without the capability.</summary>
    public int MsiMessages()
    {
        int msi = FindCapability(MsiCapability);
        return msi == 0 ? 0 : 1 << ((int)(ReadConfiguration(msi + 2, 2) >> 1) & 7);
    }

    /// <summary>Interrupt Pin of the header: 1 for INTA#, 0 for none.</summary>
    public int InterruptPin() => (int)ReadConfiguration(0x3D, 1);

    /// <summary>
    /// Enables a kind of interrupt with an event counter for each of <paramref name="count"/> vectors; of MSI as many messages as a power of two
    /// grants, or fewer where the function has no more, of INTx one. Throws where the function has not so many, or none of the kind.
    /// </summary>
    public void EnableInterrupts(InterruptKind kind, int count)
    {
        switch (kind)
        {
            case InterruptKind.Msix:
                EnableMsix(count);
                break;
            case InterruptKind.Msi:
                EnableMsi(count);
                break;
            case InterruptKind.Intx:
                EnableIntx();
                break;
            default:
                DisableInterrupts();
                break;
        }
    }

    /// <summary>Enables MSI-X and assigns an event counter to each of the first <paramref name="count"/> vectors.</summary>
    public void EnableMsix(int count)
    {
        DisableInterrupts();
        int msix = FindCapability(MsixCapability);
        if (msix == 0 || count > MsixTableSize())
        {
            throw new VfioUserException($"{count} MSI-X vectors wanted, the function has {MsixTableSize()}");
        }

        Kind = InterruptKind.Msix;
        WriteConfiguration(msix + 2, 2, (ReadConfiguration(msix + 2, 2) & 0x3FFF) | 0x8000);
        Assign(MsixInterruptIndex, count);
    }

    /// <summary>Disables what is enabled and closes the event counters; nothing where nothing is.</summary>
    public void DisableInterrupts()
    {
        InterruptKind kind = Kind;
        Kind = InterruptKind.None;
        switch (kind)
        {
            case InterruptKind.Msix:
                int msix = FindCapability(MsixCapability);
                WriteConfiguration(msix + 2, 2, ReadConfiguration(msix + 2, 2) & 0x3FFF);
                _client.SetInterrupts(MsixInterruptIndex, DisableIndex, 0, 0);
                break;
            case InterruptKind.Msi:
                int msi = FindCapability(MsiCapability);
                WriteConfiguration(msi + 2, 2, ReadConfiguration(msi + 2, 2) & ~1u);
                _client.SetInterrupts(MsiInterruptIndex, DisableIndex, 0, 0);
                break;
            case InterruptKind.Intx:
                WriteConfiguration(0x04, 2, ReadConfiguration(0x04, 2) | InterruptDisable);
                _client.SetInterrupts(IntxInterruptIndex, DisableIndex, 0, 0);
                break;
            default:
                break;
        }

        Dispose();
    }

    /// <summary>Takes the count of a vector's interrupts since the last call; 0 when there was none.</summary>
    public ulong TakeInterrupts(int vector)
    {
        if (Events.Take(_vectorEvents[vector], out ulong count) != 0)
        {
            return 0;
        }

        _mustUnmask = Kind == InterruptKind.Intx;
        _ = Interlocked.Add(ref _interruptsTaken, (long)count);
        return count;
    }

    /// <summary>Waits for an interrupt on a vector. Returns the count taken, 0 when the deadline passed.</summary>
    public ulong WaitForInterrupt(int vector, Deadline deadline)
    {
        ReadOnlySpan<int> vectors = [vector];
        return WaitForInterrupts(vectors, deadline);
    }

    /// <summary>
    /// Waits for an interrupt on any of up to <see cref="WaitVectorsMax"/> vectors, and takes those that came. Returns how many, 0 when the
    /// deadline passed.
    /// </summary>
    public ulong WaitForInterrupts(ReadOnlySpan<int> vectors, Deadline deadline)
    {
        EndInterrupt();
        Span<PollDescriptor> wait = stackalloc PollDescriptor[vectors.Length];
        for (int i = 0; i < vectors.Length; i++)
        {
            wait[i] = new PollDescriptor { Fd = _vectorEvents[vectors[i]], Events = PollEvents.In };
        }

        ulong taken = 0;
        if (Events.Poll(wait, deadline.RemainingMilliseconds * 1_000_000L) > 0)
        {
            for (int i = 0; i < vectors.Length; i++)
            {
                taken += wait[i].Returned == PollEvents.None ? 0 : TakeInterrupts(vectors[i]);
            }
        }

        return taken;
    }

    /// <summary>The host has handled what it was interrupted for: a level that was delivered may be delivered again.</summary>
    public void EndInterrupt()
    {
        if (_mustUnmask)
        {
            _mustUnmask = false;
            _ = Events.Signal(_unmaskEvent);
        }
    }

    /// <summary>Closes the event counters without telling the server, as a dying client does.</summary>
    public void Dispose()
    {
        foreach (int fd in _vectorEvents)
        {
            _ = Files.Close(fd);
        }

        if (_unmaskEvent >= 0)
        {
            _ = Files.Close(_unmaskEvent);
        }

        _vectorEvents = [];
        _unmaskEvent = -1;
        _mustUnmask = false;
    }

    private void EnableMsi(int count)
    {
        DisableInterrupts();
        int msi = FindCapability(MsiCapability);
        if (msi == 0)
        {
            throw new VfioUserException("MSI wanted, the function has no such capability");
        }

        Kind = InterruptKind.Msi;
        uint wanted = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
        uint grantedLog2 = (uint)System.Numerics.BitOperations.Log2(Math.Min(wanted, (uint)MsiMessages()));
        WriteConfiguration(msi + 2, 2, (ReadConfiguration(msi + 2, 2) & ~0x71u) | (grantedLog2 << 4) | 1);
        Assign(MsiInterruptIndex, 1 << (int)grantedLog2);
    }

    private void EnableIntx()
    {
        DisableInterrupts();
        if (InterruptPin() == 0)
        {
            throw new VfioUserException("INTx wanted, the function has no interrupt pin");
        }

        Kind = InterruptKind.Intx;
        _unmaskEvent = VfioUserSocket.Checked(Events.Create(0, EventFlags.NonBlocking), "eventfd");
        Assign(IntxInterruptIndex, 1);
        _client.SetInterrupts(IntxInterruptIndex, AssignUnmaskDescriptor, 0, 1, [_unmaskEvent]);
        WriteConfiguration(0x04, 2, ReadConfiguration(0x04, 2) & ~InterruptDisable);
    }

    private void Assign(int index, int count)
    {
        _vectorEvents = new int[count];
        for (int i = 0; i < count; i++)
        {
            _vectorEvents[i] = VfioUserSocket.Checked(Events.Create(0, EventFlags.NonBlocking), "eventfd");
        }

        const int Batch = 8;
        for (int start = 0; start < count; start += Batch)
        {
            int batch = Math.Min(Batch, count - start);
            _client.SetInterrupts(index, AssignEventDescriptors, start, batch, _vectorEvents.AsSpan(start, batch));
        }
    }
}
