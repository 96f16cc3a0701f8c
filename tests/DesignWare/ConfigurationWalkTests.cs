using System.Runtime.InteropServices;
using Nvmepf.Hal.DesignWare;
using Xunit;

namespace Nvmepf.Tests.DesignWare;

/// <summary>Lists of capabilities in plain memory: what is found, what hiding leaves, and lists that do not end.</summary>
public sealed unsafe class ConfigurationWalkTests : IDisposable
{
    private readonly uint* _space = (uint*)NativeMemory.AllocZeroed(0x1000);

    public void Dispose() => NativeMemory.Free(_space);

    [Fact]
    public void Capabilities_are_found_where_the_list_leads()
    {
        Set(0x34, 0x40);
        Set(0x40, 0x0000_5001);
        Set(0x50, 0x0000_B005);
        Set(0xB0, 0x0000_0011);
        Assert.Equal([0x40, 0x50, 0xB0, 0], new[] { Walk.FindCapability(1), Walk.FindCapability(5), Walk.FindCapability(0x11), Walk.FindCapability(0x10) });
    }

    [Fact]
    public void Lists_that_do_not_end_are_left()
    {
        Set(0x34, 0x40);
        Set(0x40, 0x0000_5001);
        Set(0x50, 0x0000_4005);
        Set(0x100, Header(1, 0x148));
        Set(0x148, Header(0x19, 0x100));
        Assert.Equal(0, Walk.FindCapability(0x11));
        Assert.Equal(0, Walk.FindExtended(ExtendedCapabilityId.ResizableBar));
    }

    [Fact]
    public void A_hidden_capability_is_passed_by_and_stays_where_it_is()
    {
        Set(0x100, Header(1, 0x148));
        Set(0x148, Header(0x19, 0x168));
        Set(0x168, Header(0x0F, 0x178));
        Set(0x178, Header(0x13, 0x188));
        Set(0x188, Header(0x18, 0));
        Assert.True(Hide(ExtendedCapabilityId.AddressTranslationServices));
        Assert.Equal(Header(0x19, 0x178), Get(0x148));
        Assert.True(Hide(ExtendedCapabilityId.PageRequestInterface));
        Assert.Equal(Header(0x19, 0x188), Get(0x148));
        Assert.Equal(Header(0x0F, 0x178), Get(0x168));
        Assert.False(Hide(ExtendedCapabilityId.AddressTranslationServices));
        Assert.True(Hide(ExtendedCapabilityId.LatencyToleranceReporting));
        Assert.Equal(Header(0x19, 0), Get(0x148));
    }

    [Fact]
    public void The_first_of_the_list_loses_its_identity_and_keeps_its_place()
    {
        Set(0x100, Header(0x0F, 0x148));
        Set(0x148, Header(0x19, 0));
        Assert.True(Hide(ExtendedCapabilityId.AddressTranslationServices));
        Assert.Equal(0x148u << 20, Get(0x100));
        Assert.Equal(0x148, Walk.FindExtended(ExtendedCapabilityId.SecondaryPciExpress));
    }

    [Fact]
    public void Write_access_ends_with_its_scope()
    {
        using (new PortLogic((nint)_space).AllowProtectedWrites())
        {
            Assert.Equal(1u, Get(0x8BC));
        }

        Assert.Equal(0u, Get(0x8BC));
    }

    private ConfigurationWalk Walk => new((nint)_space);

    private static uint Header(uint id, uint next) => id | (1u << 16) | (next << 20);

    private bool Hide(ExtendedCapabilityId id)
    {
        using DbiWriteAccess access = new PortLogic((nint)_space).AllowProtectedWrites();
        return Walk.Hide(id, access);
    }

    private void Set(int offset, uint value) => _space[offset / 4] = value;

    private uint Get(int offset) => _space[offset / 4];
}
