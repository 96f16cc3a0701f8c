// The simulated host's memory, with a shadow of what it must hold: everything that the host itself writes goes into both, so that a byte
// that the device wrote where it must not is found by comparing.
using System.Runtime.InteropServices;

namespace Nvmepf.Tests.Simulation;

internal sealed unsafe class HostRam : IDisposable
{
    public const int LengthBytes = 1024 * 1024;

    /// <summary>What memory holds that nobody has used.</summary>
    public const byte Untouched = 0x5A;

    private readonly byte* _memory;
    private readonly byte* _shadow;
    private readonly bool _isOwned;

    /// <summary>Lays RAM over memory of somebody else's, or over its own.</summary>
    public HostRam(ulong address, byte* memory = null)
    {
        _isOwned = memory == null;
        _memory = memory != null ? memory : (byte*)NativeMemory.AlignedAlloc(LengthBytes, 4096);
        _shadow = (byte*)NativeMemory.Alloc(LengthBytes);
        Begin(address);
    }

    public ulong Address { get; private set; }

    /// <summary>Forgets everything, and is somewhere else.</summary>
    public void Begin(ulong address)
    {
        Address = address;
        new Span<byte>(_memory, LengthBytes).Fill(Untouched);
        new Span<byte>(_shadow, LengthBytes).Fill(Untouched);
    }

    public bool Contains(ulong address, int lengthBytes) => address >= Address && address - Address <= (ulong)(LengthBytes - lengthBytes);

    /// <summary>What is there now.</summary>
    public Span<byte> Bytes(ulong address, int lengthBytes)
    {
        SimulationFailure.Unless(Contains(address, lengthBytes), "the simulated host reached outside its own memory");
        return new Span<byte>(_memory + (address - Address), lengthBytes);
    }

    public byte* Pointer(ulong address) => _memory + (address - Address);

    public void Write(ulong address, ReadOnlySpan<byte> data)
    {
        data.CopyTo(Bytes(address, data.Length));
        data.CopyTo(Shadow(address, data.Length));
    }

    public void Write<T>(ulong address, in T value)
        where T : unmanaged => Write(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public void Fill(ulong address, int lengthBytes, byte value)
    {
        Bytes(address, lengthBytes).Fill(value);
        Shadow(address, lengthBytes).Fill(value);
    }

    /// <summary>The device was allowed to write here: what is there counts from now on.</summary>
    public void Accept(ulong address, int lengthBytes) => Bytes(address, lengthBytes).CopyTo(Shadow(address, lengthBytes));

    /// <summary>Fails where memory is not what the host left there.</summary>
    public void Check(ulong address, int lengthBytes, string what)
    {
        int good = Bytes(address, lengthBytes).CommonPrefixLength(Shadow(address, lengthBytes));
        if (good != lengthBytes)
        {
            throw new SimulationFailure($"{what}: the device wrote at {address + (ulong)good:X}h, which the host did not name");
        }
    }

    public void Dispose()
    {
        if (_isOwned)
        {
            NativeMemory.AlignedFree(_memory);
        }

        NativeMemory.Free(_shadow);
    }

    private Span<byte> Shadow(ulong address, int lengthBytes) => new(_shadow + (address - Address), lengthBytes);
}

/// <summary>The firmware, or the model below it, did what it must not.</summary>
internal sealed class SimulationFailure(string message) : Exception(message)
{
    public static void Unless(bool holds, string message)
    {
        if (!holds)
        {
            throw new SimulationFailure(message);
        }
    }
}
