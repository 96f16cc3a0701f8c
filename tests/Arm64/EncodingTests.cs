using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Mmio;
using Xunit;

namespace Nvmepf.Tests.Arm64;

/// <summary>
/// The instructions of the arm64 routines against words that an assembler gave (binutils 2.40, transcribed by hand), and, in
/// <see cref="DisassemblyTests"/>, as a disassembler reads them.
/// </summary>
public sealed unsafe class EncodingTests
{
    private const uint DsbSy = 0xd5033f9f;
    private const uint DsbSt = 0xd5033e9f;
    private const uint DmbOsh = 0xd50333bf;
    private const uint DmbOshld = 0xd50331bf;
    private const uint Ret = 0xd65f03c0;
    private const uint Brk = 0xd4200000;
    private const uint CleanX0 = 0xd50b7a20;
    private const uint CleanAndInvalidateX0 = 0xd50b7e20;
    private const uint ReadCtrX0 = 0xd53b0020;

    [Theory]
    [InlineData(BarrierKind.BeforeDoorbell, DsbSt)]
    [InlineData(BarrierKind.AfterStatus, DmbOshld)]
    [InlineData(BarrierKind.BetweenStoreAndLoad, DmbOsh)]
    [InlineData(BarrierKind.Full, DsbSy)]
    public void A_barrier_is_its_instruction_and_a_return(BarrierKind kind, uint instruction)
    {
        ReadOnlySpan<uint> slot = Slot((Arm64Routine)kind);
        Assert.Equal(kind.ToString(), ((Arm64Routine)kind).ToString());
        Assert.Equal(instruction, slot[0]);
        Assert.Equal(Ret, slot[1]);
        Assert.Equal(-1, slot[2..].IndexOfAnyExcept(Brk));
    }

    [Theory]
    [InlineData((int)Arm64Routine.Clean, CleanX0)]
    [InlineData((int)Arm64Routine.CleanAndInvalidate, CleanAndInvalidateX0)]
    public void A_cache_loop_steps_by_lines_until_the_end(int routine, uint maintenance)
    {
        ReadOnlySpan<uint> slot = Slot((Arm64Routine)routine);
        Assert.Equal(maintenance, slot[0]);
        Assert.Equal(0x8b020000u, slot[1]); // add x0, x0, x2
        Assert.Equal(0xeb01001fu, slot[2]); // cmp x0, x1
        Assert.Equal(0x54000003u, slot[3] & 0xff00001f); // b.lo
        Assert.Equal(-3, (int)(slot[3] << 8) >> 13); // to the maintenance instruction
        Assert.Equal(Ret, slot[4]);
    }

    [Fact]
    public void The_cache_type_register_is_read()
    {
        ReadOnlySpan<uint> slot = Slot(Arm64Routine.ReadCacheType);
        Assert.Equal(ReadCtrX0, slot[0]);
        Assert.Equal(Ret, slot[1]);
    }

    [Fact]
    public void Every_routine_has_a_slot()
    {
        Assert.Equal(Enum.GetValues<Arm64Routine>().Length * Arm64Code.SlotBytes, Arm64Code.Words.Length * sizeof(uint));
    }

    [Theory]
    [InlineData(0x84448004u, 64)] // Cortex-A55
    [InlineData(0x8444C004u, 64)] // Cortex-A76
    [InlineData(0x00050000u, 128)]
    [InlineData(0xFFF0FFFFu, 4)]
    public void The_line_is_what_the_cache_type_register_says(ulong cacheType, int lineBytes)
    {
        Assert.Equal((nuint)lineBytes, Arm64Code.LineBytes(cacheType));
    }

    [Fact]
    public void The_code_is_mapped_for_reading_and_execution_and_never_for_writing()
    {
        Assert.Equal(0, Arm64Code.Map(out void* code));
        Assert.True(new ReadOnlySpan<uint>(code, Arm64Code.Words.Length).SequenceEqual(Arm64Code.Words));
        string start = ((ulong)code).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        string mapping = Assert.Single(File.ReadLines("/proc/self/maps"), line => line.StartsWith(start + "-", StringComparison.Ordinal));
        Assert.Contains(" r-xp ", mapping, StringComparison.Ordinal);
        Assert.Contains("nvmepf-code", mapping, StringComparison.Ordinal);
        Assert.Equal(0, MemoryMappings.Unmap(code, (nuint)(Arm64Code.Words.Length * sizeof(uint))));
    }

    [Fact]
    public void On_this_machine_nothing_is_installed_unless_it_is_arm64()
    {
        Assert.Equal(RuntimeInformation.ProcessArchitecture == Architecture.Arm64, Machine.IsArm64);
        Arm64Code.Install();
        Assert.Equal(Machine.IsArm64, Arm64Code.CacheLineBytes != 0);
        ulong word = 1;
        CacheMaintenance.CleanAndInvalidate(&word, sizeof(ulong));
        CacheMaintenance.Clean(&word, 0);
        Nvmepf.Hal.Mmio.Barrier.Full();
        Assert.Equal(1u, word);
    }

    [Fact]
    public void The_signal_handlers_carry_the_address_of_their_table()
    {
        const ulong Table = 0x1122334455667788;
        Span<byte> arm64 = BusErrorHandler.Build(arm64: true, Table, new byte[BusErrorHandler.LengthMaxBytes]);
        Assert.Equal(Table, MemoryMarshal.Read<ulong>(arm64[^8..]));
        Assert.Equal(0, arm64.Length % 8);
        Span<byte> x64 = BusErrorHandler.Build(arm64: false, Table, new byte[BusErrorHandler.LengthMaxBytes]);
        Assert.Equal(Table, MemoryMarshal.Read<ulong>(x64[6..]));
        Assert.Equal(Table, MemoryMarshal.Read<ulong>(x64[113..]));
        Assert.Equal(0x49, x64[4]);
        Assert.Equal(0xBB, x64[5]); // mov r11, imm64, before each of them
        Assert.Equal(0xBB, x64[112]);
    }

    private static ReadOnlySpan<uint> Slot(Arm64Routine routine)
    {
        const int Words = Arm64Code.SlotBytes / sizeof(uint);
        return Arm64Code.Words.Slice((int)routine * Words, Words);
    }
}
