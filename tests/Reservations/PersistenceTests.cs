using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Xunit;

namespace Nvmepf.Tests.Reservations;

/// <summary>What a new process finds of the reservations of an old one.</summary>
public sealed class PersistenceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nvmepf-reservations-").FullName;
    private readonly NamespaceStateWriter _writer = new();

    public PersistenceTests() => _writer.Start();

    private string StatePath => Path.Combine(_directory, "disk.state");

    public void Dispose()
    {
        _writer.Dispose();
        Directory.Delete(_directory, true);
    }

    private NamespaceState Open() => new(true, new NamespaceStateFile(StatePath, _writer));

    /// <summary>Runs a reservation command whose change goes through the file's thread.</summary>
    private static StatusCode Run(ReservationHost host, NvmOpcode opcode, uint cdw10, ulong first, ulong second)
    {
        host.SetKeys(first, second);
        host.Host.SubmitIo(ReservationHost.Command(opcode, cdw10));
        for (int i = 0; i < 20_000; i++)
        {
            if (host.Host.TakeIo() is StatusCode code)
            {
                return code;
            }

            Thread.Sleep(1);
            host.Host.Turn();
        }

        throw new TimeoutException("the command has not ended");
    }

    private static StatusCode Register(ReservationHost host, ulong key, ChangePersistThroughPowerLoss persistence) =>
        Run(host, NvmOpcode.ReservationRegister, new ReservationRegisterDword10 { ChangePersistence = persistence }.Raw, 0, key);

    private static StatusCode Acquire(ReservationHost host, ReservationType type, ulong key) =>
        Run(host, NvmOpcode.ReservationAcquire, new ReservationAcquireDword10 { Type = type }.Raw, key, 0);

    [Fact]
    public void With_PTPL_everything_is_there_after_a_restart()
    {
        using (ReservationHost before = new(Open(), 1, 0xA))
        {
            Assert.Equal(StatusCode.Success, Register(before, 17, ChangePersistThroughPowerLoss.Set));
            Assert.Equal(StatusCode.Success, Acquire(before, ReservationType.ExclusiveAccess, 17));
        }

        using ReservationHost after = new(Open(), 1, 0xA);
        using ReservationHost other = new(after.Host.Controller.Namespaces[0].State, 2, 0xB);
        Assert.Equal(StatusCode.ReservationConflict, other.Io(NvmOpcode.Read));
        Assert.Equal(StatusCode.Success, after.Io(NvmOpcode.Read));
        Assert.Equal(1u, after.Host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 1, (uint)FeatureId.ReservationPersistence)).Dword0);
        Assert.Equal(StatusCode.Success, after.Host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.Namespace)).Code);
        Assert.Equal(0xFF, (byte)after.Host.DataAs<IdentifyNamespace>().ReservationCapabilities);
    }

    [Fact]
    public void Without_PTPL_nothing_is()
    {
        using (ReservationHost before = new(Open(), 1, 0xA))
        {
            Assert.Equal(StatusCode.Success, Register(before, 17, ChangePersistThroughPowerLoss.Set));
            Assert.Equal(StatusCode.Success, Acquire(before, ReservationType.ExclusiveAccess, 17));
            Assert.Equal(StatusCode.Success, Register(before, 17, ChangePersistThroughPowerLoss.Clear));
        }

        using ReservationHost other = new(Open(), 2, 0xB);
        Assert.Equal(StatusCode.Success, other.Io(NvmOpcode.Write));
        Assert.Equal(0, other.Host.Controller.Namespaces[0].State.Current.Count);
    }

    [Fact]
    public void A_change_that_cannot_be_saved_is_an_error_and_no_change()
    {
        using ReservationHost host = new(Open(), 1, 0xA);
        _ = Directory.CreateDirectory(StatePath + ".new");
        Assert.Equal(StatusCode.InternalError, Register(host, 17, ChangePersistThroughPowerLoss.Set));
        Assert.Equal(0, host.Host.Controller.Namespaces[0].State.Current.Count);
        Directory.Delete(StatePath + ".new");
        Assert.Equal(StatusCode.Success, Register(host, 17, ChangePersistThroughPowerLoss.Set));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(18)]
    [InlineData(40)]
    [InlineData(80)]
    public void A_damaged_file_is_refused_by_name(int offset)
    {
        using (ReservationHost before = new(Open(), 1, 0xA))
        {
            Assert.Equal(StatusCode.Success, Register(before, 17, ChangePersistThroughPowerLoss.Set));
        }

        byte[] bytes = File.ReadAllBytes(StatePath);
        bytes[offset] ^= 0x40;
        File.WriteAllBytes(StatePath, bytes);
        PlatformException refused = Assert.Throws<PlatformException>(Open);
        Assert.StartsWith(StatePath + ": the state of a namespace is damaged: ", refused.Message, StringComparison.Ordinal);
        File.WriteAllBytes(StatePath, bytes.AsSpan(0, 20).ToArray());
        Assert.Contains("does not begin", Assert.Throws<PlatformException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_a_right_digest_and_contradictions_is_refused()
    {
        NamespaceStateData data = new(4) { PersistsThroughPowerLoss = true };
        Assert.True(data.TryAdd(new HostIdentity(1, true), 1));
        data.Type = ReservationType.WriteExclusive; // and no holder
        Assert.Equal("its reservation has no holder", NamespaceStateFile.Decode(NamespaceStateFile.Encode(data), new NamespaceStateData(4)));
        data.Holder = 0;
        Assert.Null(NamespaceStateFile.Decode(NamespaceStateFile.Encode(data), new NamespaceStateData(4)));
        Assert.Contains("resv_enable", NamespaceStateFile.Decode(NamespaceStateFile.Encode(data), new NamespaceStateData(0)), StringComparison.Ordinal);
    }
}
