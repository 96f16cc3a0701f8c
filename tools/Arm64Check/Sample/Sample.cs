// Code that the arm64 check has to judge: for each rule one method that keeps it and one or more that break it. It is compiled as the
// firmware is and never run. The names say what is wrong; the check's tests expect exactly these to be found.

using System.Runtime.CompilerServices;
using Nvmepf.Hal.Mmio;
using Barrier = Nvmepf.Hal.Mmio.Barrier;

namespace Nvmepf.Arm64Sample;

/// <summary>Entry point, so that the compiler keeps everything; never run.</summary>
public static unsafe class Program
{
    /// <summary>Calls every sample.</summary>
    public static int Main(string[] arguments)
    {
        Arm64Code.Install();
        uint* memory = (uint*)arguments.Length;
        Engine engine = new((nint)memory, arguments.Length > 3 ? new QuietHandler() : new AllocatingHandler());
        DeviceAccess.Good(memory);
        DeviceAccess.MergedStores(memory);
        DeviceAccess.MergedLoads(memory);
        DeviceAccess.CopiesInBulk(memory, arguments.Length);
        DeviceAccess.ByteStore(memory);
        DeviceAccess.UnalignedStore(memory);
        DeviceAccess.VectorStores(memory);
        engine.GoodDoorbell();
        engine.DoorbellWithoutBarrier();
        engine.DoorbellBeforeBarrier();
        _ = engine.GoodStatus();
        _ = engine.StatusWithoutBarrier();
        engine.Maintain();
        int sum = Loop.Good(arguments.Length);
        sum += Loop.Allocates(arguments.Length) + Loop.Boxes(arguments.Length) + Loop.Concatenates(arguments[0], arguments.Length);
        sum += Loop.CallsVirtual(arguments.Length > 5 ? engine.Handler : new QuietHandler());
        sum += Loop.CallsInterface(arguments.Length > 6 ? new QuietSource() : new AllocatingSource());
        sum += Loop.CallsPointer(arguments.Length > 7 ? &Loop.Good : &Loop.Allocates);
        return sum + Loop.AllocatesFarAway(arguments.Length);
    }
}

/// <summary>Accesses to a window or register block.</summary>
public static unsafe partial class DeviceAccess
{
    /// <summary>Two registers, two stores.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Good(uint* registers)
    {
        Mmio.Write32(registers, Mmio.Read32(registers + 8) + 1);
        Mmio.Write32(registers + 1, 2);
    }

    /// <summary>Plain stores beside a doorbell: the compiler makes one pair of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void MergedStores(uint* registers)
    {
        registers[0] = 1;
        registers[1] = 2;
        Mmio.Write32(registers + 4, 1);
    }

    /// <summary>Plain loads beside a status: one pair of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void MergedLoads(uint* registers)
    {
        uint status = Mmio.Read32(registers);
        Mmio.Write32(registers + 4, registers[2] + registers[3] + status);
    }

    /// <summary>A copy by the framework: any width, any alignment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CopiesInBulk(uint* registers, int count)
    {
        Mmio.Write32(registers, 1);
        new Span<uint>(registers, count).CopyTo(new Span<uint>(registers + 512, count));
    }

    /// <summary>A store of 8 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ByteStore(uint* registers)
    {
        *(byte*)(registers + 3) = 1;
        Mmio.Write32(registers, 1);
    }
}

/// <summary>More accesses to a window or register block.</summary>
public static unsafe partial class DeviceAccess
{
    /// <summary>A store of 32 bits over a boundary of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void UnalignedStore(uint* registers)
    {
        *(uint*)((byte*)registers + 10) = 1;
        Mmio.Write32(registers, 1);
    }

    /// <summary>Zeroes written by vector registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void VectorStores(uint* registers)
    {
        Unsafe.InitBlock(registers + 8, 0, 64);
        Mmio.Write32(registers, 1);
    }
}

/// <summary>Doorbells and status polls.</summary>
public sealed unsafe class Engine(nint registers, Handler handler)
{
    private readonly nint _registers = registers;

    /// <summary>What is called when something has come.</summary>
    public Handler Handler { get; } = handler;

    /// <summary>Descriptors, barrier, doorbell.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void GoodDoorbell()
    {
        Barrier.BeforeDoorbell();
        Mmio.Write32((uint*)_registers + 4, 1);
    }

    /// <summary>No barrier at all.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void DoorbellWithoutBarrier() => Mmio.Write32((uint*)_registers + 5, 1);

    /// <summary>The barrier comes too late.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void DoorbellBeforeBarrier()
    {
        Mmio.Write32((uint*)_registers + 6, 1);
        Barrier.BeforeDoorbell();
    }

    /// <summary>Status, barrier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public uint GoodStatus()
    {
        uint status = Mmio.Read32((uint*)_registers + 4);
        Barrier.AfterStatus();
        return status;
    }

    /// <summary>Status without a barrier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public uint StatusWithoutBarrier() => Mmio.Read32((uint*)_registers + 7);

    /// <summary>Caches and the other two barriers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Maintain()
    {
        CacheMaintenance.Clean((void*)_registers, 4096);
        Barrier.Full();
        Barrier.BetweenStoreAndLoad();
    }
}

/// <summary>Called through a virtual method.</summary>
public abstract class Handler
{
    /// <summary>Handles an event.</summary>
    public abstract int Handle(int value);
}

/// <summary>A handler that allocates nothing.</summary>
public sealed class QuietHandler : Handler
{
    /// <inheritdoc/>
    public override int Handle(int value) => value + 1;
}

/// <summary>A handler that allocates, behind a virtual call.</summary>
public sealed class AllocatingHandler : Handler
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public override int Handle(int value) => new int[value].Length;
}

/// <summary>Called through an interface.</summary>
public interface ISource
{
    /// <summary>The next value.</summary>
    int Next(int value);
}

/// <summary>A source that allocates nothing.</summary>
public sealed class QuietSource : ISource
{
    /// <inheritdoc/>
    public int Next(int value) => value + 2;
}

/// <summary>A source that allocates, behind an interface.</summary>
public sealed class AllocatingSource : ISource
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Next(int value) => new long[value].Length;
}

/// <summary>Main loops.</summary>
public static unsafe class Loop
{
    /// <summary>Allocates nothing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Good(int count) => count * 3;

    /// <summary>A new array.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Allocates(int count) => Deeper(count)[0];

    /// <summary>A box.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Boxes(int count) => Unbox(count);

    /// <summary>A string.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Concatenates(string text, int count) => (text + text).Length + count;

    /// <summary>A virtual call of which one target allocates.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CallsVirtual(Handler handler) => handler.Handle(4);

    /// <summary>A call through a function pointer of which nobody says where it goes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CallsPointer(delegate*<int, int> function) => function(4);

    /// <summary>An allocation some calls away.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int AllocatesFarAway(int count) => Good(count) + Allocates(count + 1);

    /// <summary>A call through an interface of which one target allocates.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CallsInterface(ISource source) => source.Next(3);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Unbox(object? value) => value is null ? 0 : 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int[] Deeper(int count) => new int[count];
}
