// DMA memory: alignment, translation across blocks that do not follow each other, and what it says when there is none.
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class MemoryTests
{
    [Fact]
    public void Translation_ends_where_physical_memory_does_not_go_on()
    {
        using DmaMemory memory = new(new ScatteredMemory());
        byte* address = memory.Allocate(8 * ScatteredMemory.BlockBytes);
        ulong first = memory.Translate(address + 0x3F00, 0x200, out ulong contiguous);
        Assert.Equal(0x100UL, contiguous);
        ulong second = memory.Translate(address + 0x4000, 0x10, out contiguous);
        Assert.Equal(0x10UL, contiguous);
        Assert.NotEqual(first + 0x100, second);
        for (int offset = 0; offset < 8 * ScatteredMemory.BlockBytes; offset += 0x1230)
        {
            Assert.Equal(memory.PhysicalOf(address) % 0x4000, (memory.PhysicalOf(address + offset) - ((ulong)offset % 0x4000)) % 0x4000);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(0x4000)]
    public void Memory_is_aligned_where_the_device_sees_it(int alignmentBytes)
    {
        using DmaMemory memory = new(new ScatteredMemory());
        _ = memory.Allocate(5);
        byte* address = memory.Allocate(100, (nuint)alignmentBytes);
        Assert.Equal(0UL, memory.PhysicalOf(address) % (ulong)alignmentBytes);
    }

    [Fact]
    public void Huge_pages_are_translated_or_their_absence_is_explained()
    {
        using DmaMemory memory = new(new HugePages());
        try
        {
            byte* address = memory.Allocate(1 << 20, 1 << 20);
            Assert.Equal(0UL, memory.PhysicalOf(address) % (1 << 20));
            *address = 1;
        }
        catch (PlatformException exception)
        {
            Assert.Matches("vm.nr_hugepages|CAP_SYS_ADMIN|CONFIG_HUGETLBFS", exception.Message);
        }
    }

    [Fact]
    public void A_carve_out_that_cannot_be_right_is_refused()
    {
        Assert.Contains("multiples of", Assert.Throws<PlatformException>(() => new CarveOut(0x1001, 0x1000)).Message, StringComparison.Ordinal);
        Assert.Throws<PlatformException>(() => new CarveOut(0x1000, 0));
        Assert.Throws<PlatformException>(() => new CarveOut(ulong.MaxValue - 0xFFF, 0x2000));
    }

    [Fact]
    public void Window_copies_are_aligned_and_touch_nothing_else()
    {
        _ = MemoryMappings.MapAnonymous(8192, MapFlags.NoReserve, out void* device);
        Random random = new(1);
        byte[] source = new byte[512];
        byte[] expected = new byte[512];
        AlignmentWatch watch = new((nuint)device, 8192);
        IRegisterTrap? before = RegisterTrap.Current;
        RegisterTrap.Current = watch;
        try
        {
            for (int round = 0; round < 2000; round++)
            {
                int at = random.Next(0, 64);
                int length = random.Next(0, 200);
                int from = random.Next(0, 16);
                random.NextBytes(source);
                source.AsSpan(from, length).CopyTo(expected.AsSpan(at));
                fixed (byte* pointer = source)
                {
                    WindowCopy.ToDevice((byte*)device + at, pointer + from, (nuint)length);
                    Assert.True(new Span<byte>(device, 512).SequenceEqual(expected), $"round {round}");
                    WindowCopy.FromDevice(pointer + 256 + from, (byte*)device + at, (nuint)length);
                    Assert.True(source.AsSpan(256 + from, length).SequenceEqual(expected.AsSpan(at, length)), $"round {round}");
                }
            }
        }
        finally
        {
            RegisterTrap.Current = before;
            _ = MemoryMappings.Unmap(device, 8192);
        }

        Assert.True(watch.Accesses > 10_000);
        Assert.Equal(0, watch.Bad);
    }

    /// <summary>Looks at each access and lets it through.</summary>
    private sealed class AlignmentWatch(nuint address, nuint lengthBytes) : IRegisterTrap
    {
        internal int Accesses { get; private set; }

        internal int Bad { get; private set; }

        public bool TryRead(nuint at, int widthBytes, out ulong value)
        {
            value = 0;
            Note(at, widthBytes);
            return false;
        }

        public bool TryWrite(nuint at, int widthBytes, ulong value)
        {
            Note(at, widthBytes);
            return false;
        }

        public void Barrier(BarrierKind kind)
        {
        }

        public void Maintain(nuint at, nuint length, bool invalidate)
        {
        }

        private void Note(nuint at, int widthBytes)
        {
            Accesses++;
            bool isGood = at - address < lengthBytes && at % (nuint)widthBytes == 0 && widthBytes is 1 or 2 or 4 or 8;
            Bad += isGood ? 0 : 1;
        }
    }
}
